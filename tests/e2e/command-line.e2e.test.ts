/**
 * The command line as a user and as a script use it: a process of its own beside the server, its words and its exit codes.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../../src/contract/deployment.ts';
import { ADMIN_KEY, READ_KEY } from './api.ts';
import { type HouseOnSite, openHouseOnSite } from './house-on-site.ts';
import { SMALL_STACK } from './main-job.ts';
import { type Ended, runProgram } from './program.ts';
import { openSimulatedSite, type SimulatedSite } from './simulated-site.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/web-app-prod.yaml', import.meta.url));

let house: HouseOnSite;
let site: SimulatedSite;

beforeAll(async () => {
  house = await openHouseOnSite(async () => (site = await openSimulatedSite({ serverBuild: 300 })), 20_000);
  await house.api.ask('POST', '/templates', { body: SMALL_STACK });
});
afterAll(() => house?.close());

function groundwork(words: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const { directory } = house.surroundings;
  const own = { GROUNDWORK_URL: house.server.url, GROUNDWORK_KEY: ADMIN_KEY, ...environment };
  return runProgram(words, { directory, environment: own });
}

async function json<T>(words: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await groundwork([...words, '--json']);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as T; // the caller looks at what it got
}

describe('groundwork', () => {
  it('deploys the example, shows it while it happens, shows it again, and deletes it', async () => {
    const deployed = await groundwork(['deploy', EXAMPLE, '--watch']);
    expect([deployed.code, deployed.stderr]).toEqual([0, '']);
    for (const words of ['server/app/3', 'interface/db', 'COMPLETED', '10.0.1.10', '10.0.3.10'])
      expect(deployed.stdout).toContain(words);
    expect(deployed.stdout).not.toContain('\u001B');

    const shown = await groundwork(['get', 'web-app-prod']);
    expect([shown.code, shown.stdout]).toEqual([0, expect.stringContaining('10.0.2.12')]);
    const listed = await groundwork(['list']);
    expect([listed.code, listed.stdout]).toEqual([0, expect.stringMatching(/web-app-.*COMPLETED/)]);
    const watched = await groundwork(['watch', 'web-app-prod']);
    expect([watched.code, watched.stdout]).toEqual([0, expect.stringContaining('COMPLETED')]);

    const deleted = await groundwork(['delete', 'web-app-prod', '--watch']);
    expect([deleted.code, deleted.stderr]).toEqual([0, '']);
    expect(await house.projects['us-west-1'].contents()).toEqual([]);
  });

  it('says with --json exactly what the API says', async () => {
    const words = ['deploy', '-t', 'small-stack', '-n', 'as json', '-r', 'us-west-1', '-p', 'web_count=2'];
    const accepted = await json<{ id: string }>(words);
    const done = await house.api.settled(accepted.id);
    expect(await json<Deployment>(['get', accepted.id])).toEqual(done);
    expect(await json(['list', '--name', 'as json'])).toEqual(await house.api.get('/deployments?name=as%20json'));
    expect(await json(['regions'])).toMatchObject({
      items: [{ name: 'growing' }, { name: 'small' }, { name: 'tight' }, { name: 'us-west-1' }],
    });
    expect(await json(['templates', 'list'])).toEqual(await house.api.get('/templates'));
    const plan = await json<{ plan: { total: number } }>(['deploy', EXAMPLE, '--dry-run']);
    expect(plan.plan.total).toBe(14);
    expect(await json(['delete', accepted.id, '--yes'])).toEqual({ id: accepted.id, status: 'DELETING' });
    await house.api.settled(accepted.id);
  });

  it('keeps templates: adds, shows, changes and deletes one', async () => {
    const file = join(house.surroundings.directory, 'shop.yaml');
    const text = (count: number): string => `name: shop
vm_config: {web: {flavor: m1.tiny, image: debian-12, count: ${count}}}
network_config: {cidr: 10.0.0.0/16, subnets: {web: 10.0.1.0/24}}
`;
    await writeFile(file, text(1));
    expect((await groundwork(['templates', 'create', file])).code).toBe(0);
    await writeFile(file, text(2));
    expect((await groundwork(['templates', 'update', file])).code).toBe(0);
    expect((await groundwork(['templates', 'get', 'shop'])).stdout).toMatch(/count: 2/);
    expect((await groundwork(['templates', 'get', 'shop@1'])).stdout).toMatch(/count: 1/);
    expect((await groundwork(['templates', 'delete', 'shop'])).code).toBe(0);
    expect((await groundwork(['templates', 'get', 'shop'])).code).toBe(4);
  });

  it('ends with 4 when the plan surely cannot work, and tells what does not', async () => {
    const words = ['deploy', '-t', 'small-stack', '-n', 'hopeless', '-r', 'us-west-1', '-p', 'flavor=m9.huge'];
    const { code, stdout, stderr } = await groundwork(words);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toMatch(/m9\.huge/);
    expect(stderr).toMatch(/parameters\/flavor/);
    expect((await groundwork(['get', 'hopeless'])).code).toBe(4);
  });

  it('ends with 1 when the run that it watched has failed, and tells why', async () => {
    await site.fail({ match: { name: 'unlucky-web-1' }, action: { spawn_fail: 'novalidhost' } });
    const words = ['deploy', '-t', 'small-stack', '-n', 'unlucky', '-r', 'us-west-1', '--watch'];
    const { code, stdout, stderr } = await groundwork(words);
    expect(code).toBe(1);
    expect(stdout + stderr).toMatch(/NoValidHost/);
    expect(stdout + stderr).toMatch(/server\/web\/1/);
    expect((await groundwork(['watch', 'unlucky'])).code).toBe(1);
    expect((await groundwork(['delete', 'unlucky', '--watch', '--yes'])).code).toBe(0);
  });

  it.concurrent.each([
    ['no command that exists', ['depoly'], /deploy/],
    ['nothing to deploy', ['deploy'], /--template, --name and --region/],
    ['an unknown option', ['list', '--sttaus', 'FAILED'], /--sttaus/],
    ['a file that is not there', ['deploy', 'nowhere.yaml'], /nowhere\.yaml/],
    ['a parameter without a value', ['deploy', '-t', 'a', '-n', 'b', '-r', 'c', '-p', 'web_count'], /name=value/],
  ])('ends with 2 for %s', async (_, words, complaint) => {
    const { code, stderr, stdout } = await groundwork(words);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringMatching(complaint)]);
  });

  it.concurrent('ends with 3 when there is no server, and says how to start one', async () => {
    const { code, stderr } = await groundwork(['list'], { GROUNDWORK_URL: 'http://127.0.0.1:1' });
    expect([code, stderr]).toEqual([3, expect.stringContaining('http://127.0.0.1:1')]);
  });

  it.concurrent.each([
    ['an unknown template', ['deploy', '-t', 'nothing', '-n', 'a', '-r', 'us-west-1'], {}, /web-app-stack/],
    ['a wrong parameter', ['deploy', EXAMPLE, '-p', 'db_count=9'], {}, /from 1 to 3/],
    ['an unknown deployment', ['get', 'nobody'], {}, /nobody/],
    ['a wrong key', ['list'], { GROUNDWORK_KEY: 'wrong' }, /key/],
    ['a key that may only read', ['deploy', EXAMPLE], { GROUNDWORK_KEY: READ_KEY }, /write/],
  ])('ends with 4 for %s and tells what to do', async (_, words, environment, complaint) => {
    const { code, stderr, stdout } = await groundwork(words, environment);
    expect([code, stdout, stderr]).toEqual([4, '', expect.stringMatching(complaint)]);
  });
});
