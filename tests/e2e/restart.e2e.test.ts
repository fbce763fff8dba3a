/**
 * A server that goes away in the middle of a run, politely and not, and comes back: the run goes on, nothing is made twice,
 * and whoever watches sees it through.
 */

import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ADMIN_KEY, createApi } from './api.ts';
import { type HouseOnSite, openHouseOnSite } from './house-on-site.ts';
import { BRIEF } from './main-job.ts';
import { runProgram, type ServerProcess, startServer } from './program.ts';
import { openSimulatedSite, type SimulatedSite } from './simulated-site.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/web-app-prod.yaml', import.meta.url));

/** A port that was free a moment ago, so that the server can come back to it. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.each(['SIGTERM', 'SIGKILL'] as const)('a server that ends by %s in the middle of a run', (signal) => {
  let site: SimulatedSite;
  let house: HouseOnSite;
  beforeAll(async () => {
    const openSite = async () => (site = await openSimulatedSite({ serverBuild: 1_500, everyCall: 20 }));
    house = await openHouseOnSite(openSite, 25_000, await freePort());
  });
  afterAll(() => house?.close());

  const endAndStartAgain = async (): Promise<void> => {
    const { code } = await house.server.end(signal);
    expect(code).toBe(signal === 'SIGTERM' ? 0 : null);
    await house.startAgain();
  };

  it('goes on with a deploy, which a command line watches to its end', async () => {
    const { directory } = house.surroundings;
    const environment = { GROUNDWORK_URL: house.server.url, GROUNDWORK_KEY: ADMIN_KEY };
    const watching = runProgram(['deploy', EXAMPLE, '--watch'], { directory, environment });
    const id = await vi.waitFor(
      async () => {
        const { items } = await house.api.get<{ items: { id: string }[] }>('/deployments');
        if (!items[0]) throw new Error('nothing was deployed');
        return items[0].id;
      },
      { timeout: 10_000, interval: 50 },
    );
    await house.api.happened(id, ({ type, key }) => type === 'node.started' && key === 'server/web/1');
    await endAndStartAgain();

    const done = await house.api.settled(id);
    expect([done.status, done.error]).toEqual(['COMPLETED', null]);
    expect(await watching).toMatchObject({ code: 0, stdout: expect.stringContaining('COMPLETED') });
    const events = await house.api.events(id);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    const creations = (await site.calls()).filter(({ method, status }) => method === 'POST' && status === 202);
    const names = creations.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect((await house.projects['us-west-1'].contents(id)).filter((one) => one.startsWith('server'))).toHaveLength(6);
  });

  it('goes on with a delete', async () => {
    const { items } = await house.api.get<{ items: { id: string }[] }>('/deployments');
    const id = items[0]?.id ?? '';
    await site.delay({ serverDelete: 1_000 });
    await house.api.ask('DELETE', `/deployments/${id}`);
    await house.api.happened(id, ({ type, data }) => type === 'node.started' && data['action'] === 'absent');
    await endAndStartAgain();
    expect((await house.api.settled(id)).status).toBe('DELETED');
    expect(await house.projects['us-west-1'].contents()).toEqual([]);
  });
});

describe('a server that was configured with nothing', () => {
  let directory: string;
  let last: ServerProcess | undefined;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'groundwork-e2e-'));
  });
  afterAll(async () => {
    // After a failed test: what outlives the server by intention is taken down by it, not by its end.
    await last?.end('SIGTERM');
    await rm(directory, { recursive: true, force: true });
  });

  const start = async (): Promise<ServerProcess> => (last = await startServer(['--port', '0'], { directory }));

  it('brings all it needs, adopts what survived its violent end, and takes all of it down at its orderly one', async () => {
    const key = async (): Promise<string> =>
      (await readFile(join(directory, '.groundwork', 'admin.key'), 'utf8')).trim();
    const first = await start();
    expect(first.said()).toMatch(/Database: embedded PostgreSQL/);
    expect(first.said()).toMatch(/simulated OpenStack region us-west-1/);
    expect(first.said()).toMatch(/Templates: web-app-stack/);
    await vi.waitFor(async () => expect(first.said()).toContain(await key()), { timeout: 5_000 });
    const api = createApi(first.url, 25_000, await key());
    const { id } = await api.deploy(BRIEF);
    await api.happened(id, ({ type, key: node }) => type === 'node.started' && node === 'network');
    await first.end('SIGKILL');

    const second = await start();
    expect(second.said()).toMatch(/embedded PostgreSQL .*it was still running: adopted/);
    expect(second.said()).toMatch(/simulated OpenStack .*it was still running: adopted/);
    expect(second.said()).not.toContain(await key());
    api.url = second.url;
    const done = await api.settled(id);
    expect([done.status, done.resources.vm_ids.length]).toEqual(['COMPLETED', 6]);

    const { pid: cloud } = JSON.parse(
      await readFile(join(directory, '.groundwork', 'simulated-openstack', 'running.json'), 'utf8'),
    ) as { pid: number };
    expect(await second.end('SIGTERM')).toMatchObject({ code: 0 });
    expect(() => process.kill(cloud, 0)).toThrow(/ESRCH/);

    const third = await start();
    expect(third.said()).not.toContain('adopted');
    api.url = third.url;
    expect((await api.deployment(id)).resources.vm_ids).toEqual(done.resources.vm_ids);
    await api.ask('DELETE', `/deployments/${id}`);
    expect((await api.settled(id)).status).toBe('DELETED');
    expect(await third.end('SIGINT')).toMatchObject({ code: 0 });

    const fourth = await start();
    expect(await fourth.end('SIGINT')).toMatchObject({ code: 0, stdout: expect.stringContaining('Stopping') });
  });
});
