import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { DriftReport } from '../../contract/drift.ts';
import { startFakeServer } from './testing/fake-server.ts';
import type { FakeServer } from './testing/fake-server.ts';
import { runCommand } from './testing/run-command.ts';
import type { RunOptions } from './testing/run-command.ts';
import { DEPLOYMENT_ID, RUN_ID, deployment, eventsOf, pendingRun, problem, timeAt } from './testing/samples.ts';

let server: FakeServer;
beforeEach(async () => {
  server = await startFakeServer();
});
afterEach(() => server.close());

const run = (words: readonly string[], options: RunOptions = {}) =>
  runCommand(['--server', server.url, ...words], { env: { GROUNDWORK_KEY: 'key1' }, ...options });

const path = `/deployments/${DEPLOYMENT_ID}`;
const HOOK_ID = '0192f0c1-2d3e-7a4b-9999-6e7f8a9b0c1d';
const longest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

describe('configure', () => {
  const accepted = { deployment_id: DEPLOYMENT_ID, status: 'CONFIGURING', run_id: RUN_ID };
  const sent = () => server.asked.find(({ method }) => method === 'POST')?.body;
  beforeEach(() => server.answers(`POST ${path}/configure`, { status: 202, body: accepted }));

  it('sends playbook, variables in the order given, limit and inventory', async () => {
    const vars = ['-e', 'port=80', '-e', '@vars.yaml', '-e', '{"c": {"d": 1}}', '--secret-var', 'token'];
    const words = ['configure', DEPLOYMENT_ID, 'site.yml', ...vars, '-l', 'web', '-i', 'hosts.yaml'];
    const files = { 'vars.yaml': 'port: 8080\nname: x', 'hosts.yaml': 'webservers: [10.0.1.10, web]' };
    const ran = await run(words, { files });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain(`groundwork watch ${DEPLOYMENT_ID}`);
    expect(sent()).toEqual({
      playbook: 'site.yml',
      inventory: { webservers: ['10.0.1.10', 'web'] },
      extra_vars: { port: 8080, name: 'x', c: { d: 1 } },
      secret_vars: ['token'],
      limit: 'web',
    });
  });

  it('repeats an earlier run with nothing beside it', async () => {
    const items = [pendingRun(), { ...pendingRun(), id: HOOK_ID, kind: 'configure' }];
    server.answers(`GET ${path}/runs`, { status: 200, body: { items } });
    expect((await run(['configure', DEPLOYMENT_ID, '--rerun', 'last'])).code).toBe(0);
    expect(sent()).toEqual({ rerun: HOOK_ID });
  });

  it.each([[[]], [['a.yml', '--rerun', 'last']], [['a.yml', '-e', 'port']], [['a.yml', '-e', '@none.yaml']]])(
    'is refused before it is sent when it cannot be understood: %j',
    async (words) => {
      expect(await run(['configure', DEPLOYMENT_ID, ...words])).toMatchObject({ code: 2, stdout: '' });
      expect(server.asked).toEqual([]);
    },
  );

  it('says where in the inventory the fault is', async () => {
    const errors = [{ pointer: '/inventory/db/0', detail: 'is not of this deployment', remedy: 'Take it out.' }];
    server.answers(`POST ${path}/configure`, { status: 422, body: problem({ errors }) });
    const files = { 'hosts.yaml': 'web: [a]\ndb: [b]\n' };
    const ran = await run(['configure', DEPLOYMENT_ID, 'site.yml', '-i', 'hosts.yaml'], { files });
    expect(ran.stderr).toContain('hosts.yaml:2:6  /inventory/db/0');
  });

  it('ends with 1 and the recap of the hosts when the play failed', async () => {
    const result = {
      ...{ playbook: 'site.yml', exit_code: 2, recap: { 'web-1': { ok: 3, changed: 1 }, 'web-2': { failed: 1 } } },
      failures: [{ host: 'web-2', task: 'start it', message: 'no such service' }],
    };
    const ended = { ...pendingRun(), kind: 'configure', status: 'failed', result };
    server.answers(`GET ${path}`, { status: 200, body: deployment() });
    server.answers(`GET ${path}/runs`, { status: 200, body: { items: [ended] } });
    server.answers(`GET ${path}/runs/${RUN_ID}`, { status: 200, body: { ...ended, nodes: [], estimated_ms: 0 } });
    const lines = [{ n: 1, stream: 'stdout', text: 'PLAY [web] ****' }];
    const events = eventsOf(
      [0, 'run.started', null, { kind: 'configure', total: 1 }],
      [9, 'play.output', null, { lines }],
    );
    server.answers(`GET ${path}/events`, { events });
    const ran = await run(['configure', DEPLOYMENT_ID, 'site.yml', '--watch']);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain('| PLAY [web] ****\n');
    expect(ran.stdout).toMatch(/web-2 +0 +0 +0 +1 +0\n/);
    expect(ran.stdout).toContain('✖ web-2, task "start it": no such service\n');
  });
});

describe('drift', () => {
  const finding = {
    ...{ key: 'server/web/2', kind: 'openstack.server', type: 'stopped' as const, provider_id: 'id', accepted: false },
    ...{ first_seen: timeAt(0), last_seen: timeAt(0) },
    differences: [{ field: 'status', wanted: 'ACTIVE', actual: 'SHUTOFF', fix: 'update' }],
  } as const;
  const report: DriftReport = {
    ...{ deployment_id: DEPLOYMENT_ID, policy: 'alert', drifted: true, checked_at: timeAt(0), findings: [finding] },
  };

  it('shows what differs and the two ways out', async () => {
    server.answers(`GET ${path}/drift`, { status: 200, body: report });
    const ran = await run(['drift', DEPLOYMENT_ID, '--refresh']);
    expect(server.asked[0]?.path).toBe(`${path}/drift?refresh=true`);
    expect(ran.stdout.replaceAll(DEPLOYMENT_ID, 'prod')).toMatchInlineSnapshot(`
      "prod has drifted: 1 resource
      Last look: 2026-11-21 10:00:00
      Policy: alert, healed only when asked

      ~ server/web/2  stopped, since 2026-11-21 10:00:00
          status: should be ACTIVE, is SHUTOFF (set right in place)

      Put it right:      groundwork drift prod --heal
      Keep it as it is:  groundwork drift prod --accept [KEY…]
      "
    `);
    expect((await run(['drift', DEPLOYMENT_ID, '-q'])).stdout).toBe('server/web/2\n');
  });

  it('accepts all, or the keys that are said', async () => {
    server.answers(`POST ${path}/drift/accept`, { status: 200, body: { ...report, drifted: false, findings: [] } });
    await run(['drift', DEPLOYMENT_ID, '--accept']);
    const ran = await run(['drift', DEPLOYMENT_ID, '--accept', 'server/web/2', 'network']);
    expect(server.asked.map(({ body }) => body)).toEqual([{}, { keys: ['server/web/2', 'network'] }]);
    expect(ran.stdout).toContain('is as it should be');
    expect((await run(['drift', DEPLOYMENT_ID, '--accept', '--heal'])).code).toBe(2);
  });

  it('heals, or says that nothing is to be healed', async () => {
    const body = { id: DEPLOYMENT_ID, run_id: RUN_ID, status: 'UPDATING' };
    server.answers(`POST ${path}/heal`, { status: 202, body });
    expect((await run(['drift', DEPLOYMENT_ID, '--heal', '--force'])).stdout).toContain('is being healed');
    expect(server.asked[0]?.path).toBe(`${path}/heal?force=true`);
    server.answers(`POST ${path}/heal`, { status: 200, body: { id: DEPLOYMENT_ID, operation: 'none' } });
    expect((await run(['drift', DEPLOYMENT_ID, '--heal'])).stdout).toContain('nothing to heal');
  });

  it('lists what in a region belongs to nobody', async () => {
    const orphan = {
      ...{ kind: 'openstack.server', provider_id: 'id-1', owner: 'o', key: 'server/web/1', verdict: 'orphan' },
      ...{ created_at: timeAt(0), first_seen: timeAt(0), last_seen: timeAt(0), removed_at: null, detail: null },
    };
    const gone = { ...orphan, provider_id: 'id-2', removed_at: timeAt(9) };
    const shared = { region: 'eu', sweep: 'report', checked_at: timeAt(0), error: null };
    const body = { ...shared, brake: 'too many of them', items: [orphan, gone] };
    server.answers('GET /regions/eu/orphans', { status: 200, body });
    const { stdout } = await run(['regions', 'orphans', 'eu']);
    expect(stdout).toContain('The sweep did not begin: too many of them\n');
    expect(stdout).toMatch(/server +server\/web\/1 +orphan .* id-1/);
    expect(stdout).toMatch(/server +server\/web\/1 +removed .* id-2/);
    expect((await run(['regions', 'orphans', 'eu', '-q'])).stdout).toBe('id-1\n');
  });
});

describe('why', () => {
  it('tells one chain of causes and what a person can do, in 80 columns', async () => {
    const blocking = {
      ...{ key: 'server/web/2', kind: 'openstack.server', action: 'present', since: timeAt(0), waited_ms: 30_000 },
      ...{ usual_p90_ms: 3100, observation: 'BUILD, scheduling', cloud_words: null, request_id: 'req-1', attempt: 3 },
      ...{
        next_retry_at: timeAt(42_000),
        remedy: 'Wait, or ask the operators of the cloud for more room on its hosts.',
      },
    };
    const chain = [
      { subject: 'deployment', statement: 'is SCALING as long as its scale goes on' },
      { subject: 'deployment', statement: 'Drifted is True' },
      { subject: 'run', statement: 'the scale, begun 30 s ago, is going on: 1 of 2 done' },
      { subject: 'server/web/2', statement: `the cloud refused to create it (503): ${'busy '.repeat(20)}` },
    ];
    const waiting = [{ kind: 'openstack.router-interface', count: 2 }];
    const body = { summary: 'prod waits for server/web/2', chain, blocking, stalled: true, waiting };
    server.answers(`GET ${path}/explain`, { status: 200, body });
    const { stdout } = await run(['why', DEPLOYMENT_ID]);
    expect(stdout).toMatchInlineSnapshot(`
      "prod waits for server/web/2

      deployment: is SCALING as long as its scale goes on
      deployment: Drifted is True
      └ run: the scale, begun 30 s ago, is going on: 1 of 2 done
        └ server/web/2: the cloud refused to create it (503): busy busy busy busy busy
          busy busy busy busy busy busy busy busy busy busy busy busy busy busy busy

      since       2026-11-21 10:00:00, for 30 s (9 of 10 of its kind take at most 3.1
                  s): STALLED
      attempt     3, the next in 12 s
      last seen   BUILD, scheduling
      request id  req-1
      to do       Wait, or ask the operators of the cloud for more room on its hosts.
      behind it   2 router interfaces
      "
    `);
    expect(longest(stdout)).toBeLessThanOrEqual(80);
    expect((await run(['why', DEPLOYMENT_ID, '-q'])).stdout).toBe('prod waits for server/web/2\n');
  });
});

describe('get --at', () => {
  it.each([
    ['2026-11-21T10:00:00Z', '2026-11-21T10:00:00Z'],
    ['2026-11-21 10:00:00', '2026-11-21T10:00:00Z'],
    ['2026-11-21 10:00', '2026-11-21T10:00:00Z'],
    ['2026-11-21T10:00:00.5+02:00', '2026-11-21T10:00:00.5+02:00'],
  ])('asks for %s', async (said, sent) => {
    server.answers(`GET ${path}`, { status: 200, body: deployment() });
    expect((await run(['get', DEPLOYMENT_ID, '--at', said])).code).toBe(0);
    expect(new URL(server.asked[0]?.path ?? '', server.url).searchParams.get('at')).toBe(sent);
  });

  it.each(['yesterday', '2026-13-01T00:00:00Z', '10:00'])('refuses %s', async (said) => {
    expect((await run(['get', DEPLOYMENT_ID, '--at', said])).code).toBe(2);
  });
});

describe('webhooks', () => {
  const hook = {
    ...{ id: HOOK_ID, url: 'https://a.example/x', description: null, event_types: ['run.*'], global: false },
    ...{ key_id: 'k', enabled: true, created_at: timeAt(0), updated_at: timeAt(0) },
  };
  const delivery = {
    ...{ id: RUN_ID, webhook_id: HOOK_ID, deployment_id: null, seq: null, type: 'webhook.test', status: 'pending' },
    ...{ attempts: 2, next_at: timeAt(9000), response_status: 503, response_body: null, error: null },
    ...{ duration_ms: 3, created_at: timeAt(0), attempted_at: timeAt(0), settled_at: null },
  };
  beforeEach(() => server.answers('GET /webhooks', { status: 200, body: { items: [hook] } }));

  it('are made, with the secret shown once', async () => {
    server.answers('POST /webhooks', { status: 201, body: { ...hook, secret: 'whsec_x' } });
    const ran = await run(['webhooks', 'create', hook.url, '-e', 'run.*', '-e', 'drift.detected', '--global']);
    expect(ran.stdout).toBe(`whsec_x\nWebhook ${HOOK_ID} is made; its secret is not shown again.\n`);
    expect(server.asked[0]?.body).toEqual({ url: hook.url, event_types: ['run.*', 'drift.detected'], global: true });
  });

  it('are listed, changed, tested and deleted by the beginning of their id', async () => {
    server.answers(`PATCH /webhooks/${HOOK_ID}`, { status: 200, body: { ...hook, enabled: false } });
    server.answers(`POST /webhooks/${HOOK_ID}/test`, { status: 202, body: delivery });
    server.answers(`DELETE /webhooks/${HOOK_ID}`, { status: 204 });
    expect((await run(['webhooks', 'list'])).stdout).toMatch(/0192f0c1 +https:\/\/a\.example\/x +run\.\* +own key +on/);
    expect((await run(['webhooks', 'update', '0192', '--disable'])).stdout).toMatch(/ off/);
    expect(server.asked.at(-1)?.body).toEqual({ enabled: false });
    expect((await run(['webhooks', 'update', '0192'])).code).toBe(2);
    expect((await run(['webhooks', 'test', '0192', '-q'])).stdout).toBe(`${RUN_ID}\n`);
    expect((await run(['webhooks', 'delete', '0192'])).code).toBe(0);
    expect((await run(['webhooks', 'delete', 'ffff'])).code).toBe(4);
  });

  it('tell what became of each delivery, which can be sent again', async () => {
    const page = { status: 200, body: { items: [delivery], next: null } };
    server.answers(`GET /webhooks/${HOOK_ID}/deliveries`, page);
    server.answers(`POST /webhooks/${HOOK_ID}/deliveries/${RUN_ID}/replay`, { status: 202, body: delivery });
    const { stdout } = await run(['webhooks', 'deliveries', '0192', '-s', 'pending']);
    expect(server.asked.at(-1)?.path).toBe(`/webhooks/${HOOK_ID}/deliveries?status=pending`);
    expect(stdout).toMatch(/^0192f0c1 +webhook\.test +pending +2 +2026-11-21 10:00:00 +503; again/m);
    expect((await run(['webhooks', 'replay', '0192', '0192f0c1'])).code).toBe(0);
    expect(server.asked.at(-1)?.path).toBe(`/webhooks/${HOOK_ID}/deliveries/${RUN_ID}/replay`);
    expect((await run(['webhooks', 'replay', '0192', 'ffff'])).code).toBe(4);
  });
});
