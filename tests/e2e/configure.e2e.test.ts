/**
 * Configuring by the whole program, with a stand-in for ansible-playbook that is as slow, stubborn and breakable as a test
 * wants. What the genuine one does on genuine hosts is in tests/real/ansible.
 */

import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Deployment } from '../../src/contract/deployment.ts';
import { expectProblem } from './api.ts';
import { allEvents, openPlayHouse, type PlayHouse } from './play-house.ts';

const FAKE_ANSIBLE = fileURLToPath(
  new URL('../../src/providers/ansible/testing/fake-ansible-playbook', import.meta.url),
);
const UNKNOWN = '019aa000-0000-7000-8000-000000000000';

let house: PlayHouse;
let site: Deployment;
beforeAll(async () => {
  house = await openPlayHouse({ command: FAKE_ANSIBLE, patienceMs: 30_000 });
  site = await house.deploy('play', { web: 2 });
});
afterAll(() => house?.close());

const write = (name: string, script: string): Promise<void> => writeFile(join(house.playbooks, name), `${script}\n`);
const mark = (name: string): string => join(house.playbooks, 'marks', name);
const marked = (name: string): Promise<void> =>
  vi.waitFor(() => expect(existsSync(mark(name))).toBe(true), { timeout: 15_000, interval: 20 });

const ask = (body: object, id = site.id) => house.api.ask('POST', `/deployments/${id}/configure`, { body });

describe('a request to configure', () => {
  beforeAll(() => write('site.yml', 'cat inventory.json; recap play-web-1 1 0'));

  it.each([
    ['../site.yml', /leads out of/],
    ['/etc/passwd.yml', /not a relative path/],
    ['site.txt', /\.yml or \.yaml/],
    ['.hidden/site.yml', /hidden/],
    ['missing.yml', /no file missing\.yml/],
    ['link.yml', /leads out of/],
    ['twice.yml', /Groundwork does not know/],
  ])('for the playbook %s is refused with the reason', async (playbook, reason) => {
    await mkdir(join(house.directory, 'outside'), { recursive: true });
    await writeFile(join(house.directory, 'outside', 'secret.yml'), '- hosts: all\n');
    await symlink(join(house.directory, 'outside', 'secret.yml'), join(house.playbooks, 'link.yml')).catch(() => {});
    await write('twice.yml', '# groundwork: {idempotnet: false}');
    const [fault] = expectProblem(await ask({ playbook }), 422, 'unknown_playbook');
    expect(fault).toMatchObject({ pointer: '/playbook', value: playbook, remedy: expect.stringMatching(/\w/) });
    expect(fault?.detail).toMatch(reason);
  });

  it.each([
    [{ extra_vars: { ansible_connection: 'local' } }, '/extra_vars/ansible_connection'],
    [{ extra_vars: { 'no name': 1 } }, '/extra_vars/no name'],
    [{ extra_vars: { big: 'x'.repeat(70_000) } }, '/extra_vars'],
    [{ extra_vars: { deep: [{ $sealed: 'x' }] } }, '/extra_vars'],
    [{ inventory: { all: ['web'] } }, '/inventory/all'],
    [{ inventory: { web: ['10.9.9.9'] } }, '/inventory/web/0'],
    [{ limit: 'web:!nobody' }, '/limit'],
    [{ rerun: UNKNOWN }, '/rerun'],
  ])('that is wrong is refused and names the field, case %#', async (more, pointer) => {
    const body = { playbook: 'site.yml', ...more };
    expect(expectProblem(await ask(body), 422, 'invalid_play')[0]?.pointer).toBe(pointer);
  });

  it('is refused while the deployment is not at rest, and for one that is not there', async () => {
    expectProblem(await ask({ playbook: 'site.yml' }, UNKNOWN), 404, 'not_found');
    await write('slow.yml', 'echo > "$marks/slow"; wait_for go; recap play-web-1 1 0');
    const { run_id: runId } = await house.configure(site.id, { playbook: 'slow.yml' });
    const second = await ask({ playbook: 'site.yml' });
    expectProblem(second, 409, 'run_in_progress');
    expect((second.body as { detail: string }).detail).toContain(runId);
    await marked('slow');
    await writeFile(mark('go'), '');
    await house.api.settled(site.id);
    const { id } = await house.deploy('empty', { web: 0 });
    expectProblem(await ask({ playbook: 'site.yml' }, id), 409, 'not_possible_now');
  });

  it('plays on one group a tier, or on the groups that it names', async () => {
    const own = await house.played(site.id, { playbook: 'site.yml' });
    const { all } = JSON.parse(own.output.join('\n')) as { all: { hosts: object; children: object } };
    expect(all.children).toEqual({ web: { hosts: { 'play-web-1': {}, 'play-web-2': {} } } });
    expect(all.hosts).toMatchObject({
      'play-web-2': {
        ansible_host: '198.18.77.11',
        groundwork_tier: 'web',
        groundwork_ordinal: 2,
        groundwork_deployment: site.id,
      },
    });
    const given = await house.played(site.id, { playbook: 'site.yml', inventory: { first: ['198.18.77.10'] } });
    expect(given.output.join('')).toMatch(/"first": {\s*"hosts": {\s*"play-web-1"/);
    expect(given.output.join('')).not.toContain('play-web-2');
  });
});

describe('a rerun', () => {
  it('takes the very same inputs, and is refused when they cannot be had any more', async () => {
    await write('again.yml', 'cat extra-vars.yml; recap play-web-1 1 0');
    const body = { playbook: 'again.yml', extra_vars: { release: '1.2.3', db_password: 'hunter-22' }, limit: 'web' };
    const first = await house.played(site.id, body);
    const second = await house.played(site.id, { rerun: first.run.id });
    expect(second.output).toEqual(first.output);
    expect(second.output.join('')).toBe('{"release": !unsafe "1.2.3", "db_password": !unsafe "********"}');
    const mixed = { rerun: first.run.id, limit: 'web' };
    expectProblem(await ask(mixed), 422, 'invalid_play');
    await write('again.yml', 'recap play-web-1 2 0');
    const answer = await ask({ rerun: first.run.id });
    expectProblem(answer, 409, 'inputs_changed');
    expect((answer.body as { detail: string }).detail).toContain('again.yml');
  });
});

describe.each(['SIGKILL', 'SIGTERM'] as const)('a server that ends by %s in the middle of a play', (signal) => {
  const script = (name: string): string => `
echo "begun by $$"
for earlier in $(cat "$marks/${name}-pids" 2> /dev/null); do kill -0 $earlier 2> /dev/null && ! grep -q ') Z ' /proc/$earlier/stat && echo > "$marks/${name}-overlap"; done
echo $$ >> "$marks/${name}-pids"
echo > "$marks/${name}-begun"
wait_for ${name}-go
echo done
recap play-web-1 1 0`;

  /** Starts a play, ends the server in its middle, and starts it again. */
  async function interrupted(name: string, header: string): Promise<string> {
    await write(`${name}.yml`, header + script(name));
    const { run_id: runId } = await house.configure(site.id, { playbook: `${name}.yml` });
    await marked(`${name}-begun`);
    await house.api.happened(site.id, ({ type, run_id: of }) => type === 'play.output' && of === runId);
    await house.server.end(signal);
    await house.startAgain();
    return runId;
  }

  it('plays again what is idempotent, never twice at once, and loses no line', async () => {
    const name = `idempotent-${signal}`;
    const runId = await interrupted(name, '');
    await vi.waitFor(async () => expect((await readFile(mark(`${name}-pids`), 'utf8')).split('\n')).toHaveLength(3), {
      timeout: 20_000,
    });
    await writeFile(mark(`${name}-go`), '');
    const deployment = await house.api.settled(site.id);
    expect(deployment).toMatchObject({ status: 'COMPLETED', metadata: { playbook: `${name}.yml` } });
    expect(await house.run(site.id, runId)).toMatchObject({ status: 'succeeded', nodes: [{ attempt: 2 }] });
    expect(existsSync(mark(`${name}-overlap`))).toBe(false);
    const printed = await house.output(site.id, runId);
    expect(printed.map((line) => line.replace(/\d+/, 'N'))).toEqual(['begun by N', 'begun by N', 'done']);
  });

  it('holds what is not, with the reason, until a person decides', async () => {
    const name = `once-${signal}`;
    const runId = await interrupted(name, '# groundwork: {idempotent: false}');
    const held = await house.api.settled(site.id);
    const run = await house.run(site.id, runId);
    expect(run).toMatchObject({
      status: 'held',
      error: { type: 'Interrupted', message: expect.stringContaining('not idempotent'), remedy: expect.any(String) },
    });
    expect(held.conditions.find(({ type }) => type === 'Configured')).toMatchObject({
      status: 'False',
      reason: 'Interrupted',
    });
    expect((await readFile(mark(`${name}-pids`), 'utf8')).split('\n')).toHaveLength(2);
    await writeFile(mark(`${name}-go`), '');
    expect((await house.api.ask('POST', `/deployments/${site.id}/retry`)).status).toBe(202);
    expect(await house.api.settled(site.id)).toMatchObject({
      status: 'COMPLETED',
      metadata: { playbook: `${name}.yml` },
      conditions: expect.arrayContaining([expect.objectContaining({ type: 'Configured', status: 'True' })]),
    });
    expect(existsSync(mark(`${name}-overlap`))).toBe(false);
  });
});

it('stores no secret in the clear, and shows none', async () => {
  await write('leak.yml', 'cat extra-vars.yml >&2; recap play-web-1 1 1; exit 2');
  const { run } = await house.played(site.id, {
    playbook: 'leak.yml',
    extra_vars: { api_token: 'tok-7781', nested: { password: 'pw-9912' } },
  });
  const shown = JSON.stringify([run, await allEvents(house.api, site.id), house.server.logged()]);
  expect(shown).toContain('********');
  for (const secret of ['tok-7781', 'pw-9912']) expect(shown).not.toContain(secret);
});
