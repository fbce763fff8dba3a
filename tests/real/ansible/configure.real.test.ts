/**
 * Configuring with the genuine ansible-playbook, through the genuine sshd of hosts in network namespaces, by the program as
 * its users run it. Only the cloud that made the servers is simulated: it gives them the addresses where these hosts are.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Deployment } from '../../../src/contract/deployment.ts';
import { expectProblem } from '../../e2e/api.ts';
import { allEvents, openPlayHouse, type PlayHouse } from '../../e2e/play-house.ts';
import { FOREIGN, isLaboratoryThere, KEY_FILE, onHost } from './laboratory.ts';

const PLAYBOOKS = fileURLToPath(new URL('./playbooks', import.meta.url));
const SETTINGS = `{user: root, private_key_file: '${KEY_FILE}', timeout_seconds: 60, connect_timeout_seconds: 5}`;
const SECRET = 's3cr"et\'s & word';

describe.skipIf(!isLaboratoryThere())('configuring real hosts', () => {
  let house: PlayHouse;
  let site: Deployment;
  beforeAll(async () => {
    house = await openPlayHouse({ settings: SETTINGS, playbooks: PLAYBOOKS, patienceMs: 90_000 });
    site = await house.deploy('play', { web: 2, db: 1 });
  });
  afterAll(() => house?.close());
  beforeEach(async () => {
    await Promise.all(['web-1', 'web-2', 'db-1', 'other'].map((name) => onHost(name, 'rm -rf /srv/*')));
  });

  it('plays a site on all tiers, shows every host, and finds nothing to change the second time', async () => {
    const body = { playbook: 'site.yml', extra_vars: { http_port: 8080, motto: 'small & {{ true }} «ü»' } };
    const { run, deployment } = await house.played(site.id, body);
    expect(run).toMatchObject({ kind: 'configure', status: 'succeeded', error: null });
    expect(run.result).toMatchObject({
      exit_code: 0,
      duration_ms: expect.any(Number),
      recap: {
        'play-web-1': { ok: 4, changed: 3, failed: 0, unreachable: 0 },
        'play-web-2': { changed: 3 },
        'play-db-1': { ok: 1, changed: 1 },
      },
    });
    expect(deployment).toMatchObject({
      status: 'COMPLETED',
      metadata: { configured: true, playbook: 'site.yml', configured_at: expect.stringMatching(/^2\d{3}-.*Z$/) },
      conditions: expect.arrayContaining([expect.objectContaining({ type: 'Configured', status: 'True' })]),
    });
    expect(await onHost('web-2', 'cat /srv/web.conf')).toBe(
      `host play-web-2 on web-2\ntier web ordinal 2 deployment ${site.id}\nport 8080\nmotto small & {{ true }} «ü»\n`,
    );
    expect(await onHost('db-1', 'cat /srv/database')).toBe(`play-db-1 db/1 of ${site.id}\n`);

    const again = await house.played(site.id, { rerun: run.id });
    expect(again.run.result?.['recap']).toMatchObject({ 'play-web-1': { changed: 0 }, 'play-db-1': { changed: 0 } });
  });

  it('tells what is printed as it is printed, and the recap at the end', async () => {
    const { run_id: runId } = await house.configure(site.id, { playbook: 'waits.yml' });
    const early = await house.api.happened(
      site.id,
      ({ type, run_id: of, data }) =>
        type === 'play.output' && of === runId && JSON.stringify(data).includes('TASK [Wait]'),
    );
    expect((await house.api.deployment(site.id)).status).toBe('CONFIGURING');
    const cancel = await house.api.ask('POST', `/deployments/${site.id}/cancel`);
    expect(cancel.status).toBe(202);
    expect((await house.api.settled(site.id)).status).toBe('COMPLETED');
    const run = await house.run(site.id, runId);
    expect(run).toMatchObject({ status: 'cancelled', error: { type: 'Cancelled' } });
    const events = (await allEvents(house.api, site.id)).filter((event) => event.run_id === runId);
    const recap = events.find(({ type }) => type === 'play.recap');
    expect(recap?.seq).toBeGreaterThan(early.seq);
    // Neither here nor there does anything go on.
    expect(await onHost('web-1', 'cat /srv/waits')).toBe('begun\n');
    expect(await onHost('web-1', 'pgrep -f "sleep 6[0]" || echo none')).toBe('none\n');
  });

  it('names hosts that cannot be reached', async () => {
    const { id } = await house.deploy('far', { web: 1, lost: 1 });
    const { run, deployment } = await house.played(id, {
      playbook: 'fails.yml',
      inventory: { all_of_them: ['lost'] },
    });
    expect(run).toMatchObject({
      status: 'failed',
      error: { type: 'HostsUnreachable', message: expect.stringContaining('far-lost-1'), remedy: expect.any(String) },
      result: { exit_code: 4, recap: { 'far-lost-1': { unreachable: 1 } } },
    });
    expect(deployment).toMatchObject({
      status: 'COMPLETED',
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: 'Configured', status: 'False', reason: 'HostsUnreachable' }),
      ]),
    });
    expect(deployment.metadata).not.toHaveProperty('configured');
    await house.api.ask('DELETE', `/deployments/${id}`);
    await house.api.settled(id);
  });

  it('names host, task and message of what failed', async () => {
    const { run } = await house.played(site.id, { playbook: 'fails.yml', limit: 'web' });
    expect(run.error).toMatchObject({ type: 'TasksFailed', remedy: expect.any(String) });
    expect(run.error?.message).toMatch(/^on play-web-1 the task "Break on the first" failed: .*disk is full/);
    expect(run.error?.message).not.toContain('Ignored');
    expect(run.result).toMatchObject({
      exit_code: 2,
      recap: { 'play-web-1': { failed: 1 }, 'play-web-2': { failed: 0, ignored: 1 } },
    });
    expect(run.result?.['recap']).not.toHaveProperty('play-db-1');
  });

  it('prints no secret, stores none, and gives the playbook all of them', async () => {
    const secrets = { db_password: SECRET, door: 'open-sesame' };
    const body = {
      playbook: 'secrets.yml',
      extra_vars: { ...secrets, motto: 'not secret' },
      secret_vars: ['door'],
    };
    const { run, output } = await house.played(site.id, body);
    expect(run.error?.type).toBe('TasksFailed');
    const everything = JSON.stringify([run, await allEvents(house.api, site.id), house.server.logged()]);
    const encoded = Buffer.from(SECRET).toString('base64');
    for (const word of ['open-sesame', 's3cr', "et's & word", encoded]) expect(everything).not.toContain(word);
    expect(output.join('\n')).toContain('password ******** and ******** and pin ******** at not secret');
  });

  it('lets nothing of the server into the environment of a play', async () => {
    const { output } = await house.played(site.id, { playbook: 'environment.yml' });
    expect(output.join('\n')).toContain('ANSIBLE_CALLBACK_PLUGINS=');
    for (const word of ['DATABASE_URL', 'GROUNDWORK_ADMIN_KEY', 'must-not-leak'])
      expect(output.join('\n')).not.toContain(word);
  });

  it('loses none of many lines', async () => {
    const { output } = await house.played(site.id, { playbook: 'many-lines.yml' });
    const numbers = output.flatMap((line) => /"line (\d+)"/.exec(line)?.[1] ?? []);
    expect(numbers).toEqual(Array.from({ length: 3000 }, (_, index) => String(index + 1)));
  });

  it.each([
    ['broken.yml', 'PlaybookInvalid', /no_such_module_at_all/],
    ['nobody.yml', 'NoHostsMatched', /had no host to work on/],
  ])('tells what is wrong with %s', async (playbook, type, message) => {
    const { run } = await house.played(site.id, { playbook });
    expect(run).toMatchObject({ status: 'failed', error: { type, remedy: expect.any(String) } });
    expect(run.error?.message).toMatch(message);
  });

  it('refuses a host whose key has changed since it was first seen', async () => {
    await house.played(site.id, { playbook: 'fails.yml', limit: 'db' });
    const file = join(house.dataDir, 'known-hosts', site.id);
    const known = await readFile(file, 'utf8');
    const server = site.resources.tiers['db']?.[0]?.vm_id;
    expect(known).toContain(String(server));
    const web = known.split('\n').find((line) => line.startsWith(String(site.resources.tiers['web']?.[0]?.vm_id)));
    const forged = known.replace(new RegExp(`${server} .*`), `${server} ${web?.split(' ').slice(1).join(' ')}`);
    await writeFile(file, forged);
    const { run } = await house.played(site.id, { playbook: 'fails.yml', limit: 'db' });
    expect(run.error?.type).toBe('HostsUnreachable');
    expect(run.error?.message).toMatch(/REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed/);
    await writeFile(file, known);
  });

  it('ends what a killed server left playing, and holds what must not be played twice', async () => {
    const { run_id: runId } = await house.configure(site.id, { playbook: 'waits-once.yml', limit: 'web' });
    const isWaiting = (event: { type: string; run_id: string | null; data: object }): boolean =>
      event.type === 'play.output' && event.run_id === runId && JSON.stringify(event.data).includes('TASK [Wait]');
    await house.api.happened(site.id, isWaiting);
    await house.server.end('SIGKILL');
    await house.startAgain();
    await house.api.settled(site.id);
    expect(await house.run(site.id, runId)).toMatchObject({ status: 'held', error: { type: 'Interrupted' } });
    expect(await onHost('web-2', 'cat /srv/waits; pgrep -f "sleep 6[0]" || echo none')).toBe('begun\nnone\n');
    expect((await house.api.ask('POST', `/deployments/${site.id}/cancel`)).status).toBe(202);
    expect((await house.api.settled(site.id)).status).toBe('COMPLETED');
  });

  it('refuses hosts that are not of the deployment', async () => {
    const body = { playbook: 'fails.yml', inventory: { strangers: [FOREIGN, 'web', '198.18.77.11'] } };
    const answer = await house.api.ask('POST', `/deployments/${site.id}/configure`, { body });
    const faults = expectProblem(answer, 422, 'invalid_play');
    expect(faults).toMatchObject([{ pointer: '/inventory/strangers/0', value: FOREIGN }]);
  });
});
