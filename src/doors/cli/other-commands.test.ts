import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { DeploymentSummary } from '../../contract/deployment.ts';
import { startFakeServer } from './testing/fake-server.ts';
import type { FakeServer } from './testing/fake-server.ts';
import { runCommand } from './testing/run-command.ts';
import type { RunOptions } from './testing/run-command.ts';
import { DEPLOYMENT_ID, RUN_ID, deployment, eventsOf, pendingRun, timeAt } from './testing/samples.ts';

let server: FakeServer;
beforeEach(async () => {
  server = await startFakeServer();
});
afterEach(() => server.close());

const run = (words: readonly string[], options: RunOptions = {}) =>
  runCommand(['--server', server.url, ...words], { env: { GROUNDWORK_KEY: 'key1' }, ...options });

const OTHER_ID = '0192f0c1-2d3e-7a4b-9999-6e7f8a9b0c1d';
const path = `/deployments/${DEPLOYMENT_ID}`;

function summary(changes: Partial<DeploymentSummary> = {}): DeploymentSummary {
  const { resources: _r, metadata: _m, conditions: _c, ...rest } = deployment();
  return { ...rest, ...changes };
}

/** Serves these deployments as the API would: by exact name, one per page, deleted ones apart. */
function serveList(...all: DeploymentSummary[]): void {
  server.answers('GET /deployments', ({ path: asked }) => {
    const query = new URL(asked, server.url).searchParams;
    const name = query.get('name');
    const deleted = query.get('status') === 'DELETED';
    const fits = all.filter((one) => (name === null || one.name === name) && (one.status === 'DELETED') === deleted);
    const at = Number(query.get('cursor') ?? 0);
    const next = at + 1 < fits.length ? String(at + 1) : null;
    return { status: 200, body: { items: fits.slice(at, at + 1), total: fits.length, next } };
  });
}

describe('naming a deployment', () => {
  const prod = summary();
  const test = summary({ id: OTHER_ID, name: 'web-app-test' });
  beforeEach(() => {
    serveList(prod, test);
    server.answers(`GET ${path}`, { status: 200, body: deployment() });
    server.answers(`GET /deployments/${OTHER_ID}`, { status: 200, body: deployment({ name: 'web-app-test' }) });
  });

  it.each([
    ['its id', DEPLOYMENT_ID, 'web-app-prod'],
    ['its name', 'web-app-test', 'web-app-test'],
    ['the beginning of its id, on whatever page', OTHER_ID.slice(0, 22), 'web-app-test'],
    ['the beginning of its id in capitals', OTHER_ID.slice(0, 22).toUpperCase(), 'web-app-test'],
  ])('works by %s', async (_, said, name) => {
    const ran = await run(['get', said]);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain(`${name} in us-west-1 is COMPLETED`);
  });

  it('names the candidates when more than one fits', async () => {
    const ran = await run(['get', '0192f0c1']);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(`${DEPLOYMENT_ID}  web-app-prod in us-west-1\n  ${OTHER_ID}`);
  });

  it('ends with 4 when nothing fits', async () => {
    expect(await run(['get', 'nothing'])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('There is no deployment "nothing"'),
    });
  });

  it('finds the newest deleted one when no living one has the name', async () => {
    serveList(summary({ status: 'DELETED' }), summary({ id: OTHER_ID, status: 'DELETED' }));
    expect((await run(['get', 'web-app-prod'])).code).toBe(0);
    expect(server.asked.at(-1)?.path).toBe(path);
  });
});

describe('list', () => {
  it('shows a table with ids just long enough, and how many more there are', async () => {
    const progress = {
      run_id: RUN_ID,
      run_kind: 'deploy',
      run_status: 'running',
      phase: 'forward',
      done: 3,
      total: 14,
      failed: 0,
      eta_ms: null,
    } as const;
    const items = [summary(), summary({ id: OTHER_ID, name: 'web-app-test', status: 'IN_PROGRESS', progress })];
    server.answers('GET /deployments', { status: 200, body: { items, total: 7, next: 'x' } });
    const { stdout } = await run(['list', '-s', 'failed', '--region', 'us-west-1', '--limit', '2']);
    expect(server.asked[0]?.path).toBe('/deployments?status=FAILED&cloud_region=us-west-1&limit=2');
    expect(stdout).toMatchInlineSnapshot(`
      "ID                    NAME          STATUS            TEMPLATE         REGION
      0192f0c1-2d3e-7a4b-8  web-app-prod  COMPLETED         web-app-stack@1  us-west-1
      0192f0c1-2d3e-7a4b-9  web-app-test  IN_PROGRESS 3/14  web-app-stack@1  us-west-1
      2 of 7 deployments; --all shows the rest
      "
    `);
    expect((await run(['list', '-q'])).stdout).toBe(`${DEPLOYMENT_ID}\n${OTHER_ID}\n`);
  });

  it('walks all pages with --all', async () => {
    serveList(summary(), summary({ id: OTHER_ID }));
    const { stdout } = await run(['list', '--all', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      items: [{ id: DEPLOYMENT_ID }, { id: OTHER_ID }],
      total: 2,
      next: null,
    });
  });
});

describe('delete', () => {
  beforeEach(() => {
    server.answers(`GET ${path}`, { status: 200, body: deployment() });
    server.answers(`DELETE ${path}`, { status: 202, body: { id: DEPLOYMENT_ID, status: 'DELETING' } });
  });
  const deletes = () => server.asked.filter(({ method }) => method === 'DELETE').length;

  it('asks at a terminal, and takes anything but yes for no', async () => {
    expect((await run(['delete', DEPLOYMENT_ID], { isTTY: true, says: 'n' })).code).toBe(2);
    expect((await run(['delete', DEPLOYMENT_ID], { isTTY: true, says: '' })).code).toBe(2);
    expect(deletes()).toBe(0);
    expect((await run(['delete', DEPLOYMENT_ID], { isTTY: true, says: 'yes' })).code).toBe(0);
    expect(deletes()).toBe(1);
  });

  it('does not ask with --yes, nor where nobody is there to answer', async () => {
    await run(['delete', DEPLOYMENT_ID, '--yes'], { isTTY: true, says: 'n' });
    await run(['delete', DEPLOYMENT_ID], { says: 'n' });
    expect(deletes()).toBe(2);
  });

  it('watches until it is gone, and not the runs that were over before', async () => {
    const gone = { ...pendingRun(), id: 'delete-run', kind: 'delete', status: 'succeeded' };
    server.answers(`GET ${path}`, { status: 200, body: deployment({ status: 'DELETED' }) });
    server.answers(`GET ${path}/runs`, { status: 200, body: { items: [gone, { ...pendingRun(), status: 'failed' }] } });
    const before = eventsOf([0, 'run.started', null, { kind: 'deploy', total: 14 }], [9000, 'node.failed', 'router']);
    const after = eventsOf(
      [20_000, 'run.started', null, { kind: 'delete', total: 1 }],
      [21_000, 'run.finished', null, { kind: 'delete', status: 'succeeded' }],
    );
    const events = [...before, ...after.map((event, i) => ({ ...event, seq: i + 3, run_id: 'delete-run' }))];
    server.answers(`GET ${path}/events`, { events });
    const { code, stdout } = await run(['delete', DEPLOYMENT_ID, '--watch']);
    expect(code).toBe(0);
    expect(stdout).not.toContain('FAILED');
    expect(stdout).toContain('    0.0 s  Delete started, 1 resource\n    1.0 s  Delete succeeded\n');
    expect(stdout).toContain('web-app-prod in us-west-1 is DELETED');
  });
});

describe('the smaller commands', () => {
  it.each(['cancel', 'retry'])('%s tells how to watch', async (command) => {
    server.answers(`POST ${path}/${command}`, {
      status: 202,
      body: { id: DEPLOYMENT_ID, run_id: RUN_ID, status: 'FAILED' },
    });
    const ran = await run([command, DEPLOYMENT_ID]);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain(`groundwork watch ${DEPLOYMENT_ID}`);
  });

  it('events shows a line for each, on all pages', async () => {
    const [first, second] = eventsOf(
      [0, 'run.started', null, { kind: 'deploy', total: 1 }],
      [500, 'node.done', 'network'],
    );
    server.answers(`GET ${path}/events`, ({ path: asked }) => ({
      status: 200,
      body: asked.endsWith('after=0')
        ? { items: [first], next_after: 1, end: false }
        : { items: [second], next_after: 2, end: true },
    }));
    expect((await run(['events', DEPLOYMENT_ID])).stdout).toMatchInlineSnapshot(`
      "    1  10:00:00.000  Deploy started, 1 resource
          2  10:00:00.500  network                 created
      "
    `);
    expect(JSON.parse((await run(['events', DEPLOYMENT_ID, '--json'])).stdout)).toEqual({
      items: [first, second],
      next_after: 2,
      end: true,
    });
  });

  it('events --follow --json gives one object a line', async () => {
    const events = eventsOf([0, 'run.started', null], [500, 'node.done', 'network']);
    server.answers(`GET ${path}/events`, { events });
    const { stdout } = await run(['events', DEPLOYMENT_ID, '--follow', '--json']);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(events);
  });

  it('runs lists the runs, and shows every resource of one', async () => {
    const nodes = pendingRun().nodes.map((node, i) =>
      i > 0
        ? node
        : {
            ...node,
            state: 'failed' as const,
            attempt: 3,
            started_at: timeAt(0),
            finished_at: timeAt(1200),
            error: { type: 'X', message: 'the cloud said no' },
          },
    );
    server.answers(`GET ${path}/runs`, { status: 200, body: { items: [pendingRun()] } });
    server.answers(`GET ${path}/runs/${RUN_ID}`, { status: 200, body: { ...pendingRun(), nodes } });
    expect((await run(['runs', DEPLOYMENT_ID])).stdout).toContain(
      '0192f0c1  deploy  running  0/14  2026-11-21 10:00:00     -',
    );
    const { stdout } = await run(['runs', DEPLOYMENT_ID, 'last']);
    expect(stdout).toMatch(/router +create +failed +3 +1\.2 s +the cloud said no/);
    expect((await run(['runs', DEPLOYMENT_ID, 'ffff'])).code).toBe(4);
  });

  it('templates are listed, shown as the file that makes them, added, updated and deleted', async () => {
    const parts = {
      vm_config: { web: { flavor: 'm', image: 'i', count: 1 } },
      network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24' } },
    };
    const template = { name: 't', version: 2, description: null, ...parts, parameters: null, created_at: timeAt(0) };
    server.answers('GET /templates', {
      status: 200,
      body: { items: [{ name: 't', version: 2, description: 'd', tiers: ['web'], created_at: timeAt(0) }] },
    });
    server.answers('GET /templates/t', { status: 200, body: template });
    server.answers('POST /templates', { status: 201, body: template });
    server.answers('PUT /templates/t', { status: 200, body: template });
    server.answers('DELETE /templates/t', { status: 204 });
    expect((await run(['templates', 'list'])).stdout).toMatch(/^NAME +VERSION +TIERS +DESCRIPTION\nt +2 +web +d\n$/);
    const shown = await run(['templates', 'get', 't@2']);
    expect(server.asked.at(-1)?.path).toBe('/templates/t?version=2');
    expect(await run(['templates', 'get', 't@x'])).toMatchObject({ code: 2, stderr: expect.stringContaining('t@2') });
    expect((await run(['templates', 'create', '-'], { stdin: shown.stdout })).code).toBe(0);
    expect(server.asked.at(-1)?.body).toEqual({ name: 't', ...parts });
    expect((await run(['templates', 'update', '-'], { stdin: shown.stdout })).stdout).toBe('t is at version 2\n');
    expect(server.asked.at(-1)?.body).toEqual(parts);
    expect((await run(['templates', 'update', '-'], { stdin: 'vm_config: {}' })).code).toBe(2);
    expect((await run(['templates', 'delete', 't'])).stdout).toBe('t is deleted\n');
  });

  it('regions says which can be reached, and why not', async () => {
    const region = {
      name: 'us-west-1',
      provider: 'openstack',
      reachable: true,
      latency_ms: 12.4,
      detail: { compute: '2.93' },
      error: null,
      checked_at: timeAt(0),
    };
    const items = [
      region,
      { ...region, name: 'eu', reachable: false, latency_ms: null, error: 'connect ECONNREFUSED' },
      { ...region, name: 'new', reachable: null },
    ];
    server.answers('GET /regions', { status: 200, body: { items } });
    expect((await run(['regions'])).stdout).toMatchInlineSnapshot(`
      "NAME       PROVIDER   REACHABLE      LATENCY  DETAIL
      us-west-1  openstack  yes              12 ms  compute 2.93
      eu         openstack  no                   -  connect ECONNREFUSED
      new        openstack  not known yet    12 ms  compute 2.93
      "
    `);
  });

  it('keys are made, shown once, and revoked by name', async () => {
    const key = { id: OTHER_ID, name: 'ci', scope: 'write', created_at: timeAt(0) };
    server.answers('POST /keys', { status: 201, body: { ...key, key: 'gw_secret' } });
    server.answers('GET /keys', { status: 200, body: { items: [key] } });
    server.answers(`DELETE /keys/${OTHER_ID}`, { status: 204 });
    expect((await run(['keys', 'create', 'ci', '--scope', 'write', '-q'])).stdout).toBe('gw_secret\n');
    expect(server.asked.at(-1)?.body).toEqual({ name: 'ci', scope: 'write' });
    expect((await run(['keys', 'list'])).stdout).toContain('ci    write');
    expect((await run(['keys', 'delete', 'ci'])).code).toBe(0);
    expect((await run(['keys', 'delete', 'nobody'])).code).toBe(4);
  });
});
