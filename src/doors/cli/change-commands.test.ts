import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ChangeShown } from '../../contract/change.ts';
import { startFakeServer } from './testing/fake-server.ts';
import type { FakeServer } from './testing/fake-server.ts';
import { runCommand } from './testing/run-command.ts';
import type { RunOptions } from './testing/run-command.ts';
import { DEPLOYMENT_ID, RUN_ID, deployment, eventsOf, pendingRun, planNode, problem } from './testing/samples.ts';

let server: FakeServer;
beforeEach(async () => {
  server = await startFakeServer();
});
afterEach(() => server.close());

const run = (words: readonly string[], options: RunOptions = {}) =>
  runCommand(['--server', server.url, ...words], { env: { GROUNDWORK_KEY: 'key1' }, ...options });

const path = `/deployments/${DEPLOYMENT_ID}`;
const PLAN_ID = '0192f0c1-2d3e-7a4b-8c5d-aaaaaaaaaaaa';
const SCALED = { vm_type: 'web', previous_count: 2, target_count: 5 };

function shownWith(does: 'create' | 'delete' | 'replace'): ChangeShown {
  const node = { ...planNode('server', 'server/web/3', 20_000), does };
  return {
    ...{ id: DEPLOYMENT_ID, operation: 'scale_out', ...SCALED, plan_id: PLAN_ID },
    plan: { nodes: [node], total: 1, estimated_ms: 20_000 },
  };
}

/** Serves scaling and patching; the run that they start ends as said. */
function serveChange(shown = shownWith('create'), status: 'succeeded' | 'failed' = 'succeeded'): void {
  const answer = ({ path: asked }: { path: string }) =>
    asked.includes('dry_run=true')
      ? { status: 200, body: shown }
      : {
          status: 202,
          body: { id: DEPLOYMENT_ID, run_id: RUN_ID, status: 'SCALING', operation: 'scale_out', ...SCALED },
        };
  server.answers(`POST ${path}/scale`, answer);
  server.answers(`PATCH ${path}`, answer);
  const error = {
    ...{ type: 'QuotaExceeded', message: 'Quota exceeded', failed_activity: 'create openstack.server server/web/3' },
    ...{ rollback_completed: true, left_over: [] },
  };
  const ended = { ...pendingRun(), kind: 'scale', status, error: status === 'failed' ? error : null };
  server.answers(`GET ${path}`, { status: 200, body: deployment() });
  server.answers(`GET ${path}/runs`, { status: 200, body: { items: [ended] } });
  server.answers(`GET ${path}/runs/${RUN_ID}`, { status: 200, body: pendingRun() });
  server.answers(`GET ${path}/events`, {
    events: eventsOf(
      [0, 'run.started', null, { kind: 'scale', total: 1 }],
      [9000, 'run.finished', null, { kind: 'scale', status }],
    ),
  });
}

const changes = () => server.asked.filter(({ method }) => method !== 'GET');

describe('scale', () => {
  it.each([
    ['the tier and its size as one word', ['web=5']],
    ['the tier and its size as options', ['--tier', 'web', '--count', '5']],
  ])('takes %s', async (_, words) => {
    serveChange();
    const ran = await run(['scale', DEPLOYMENT_ID, ...words]);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toBe(
      `${DEPLOYMENT_ID}: scaling web from 2 to 5\nWatch it with: groundwork watch ${DEPLOYMENT_ID}\n`,
    );
    expect(changes()).toMatchObject([{ path: `${path}/scale`, body: { vm_type: 'web', target_count: 5 } }]);
  });

  it.each([[['web']], [['web=']], [['web=many']], [['--tier', 'web']], [['web=5', '--count', '5']], [[]]])(
    'asks for a tier and a number: %j',
    async (words) => {
      expect(await run(['scale', DEPLOYMENT_ID, ...words])).toMatchObject({ code: 2, stdout: '' });
      expect(server.asked).toEqual([]);
    },
  );

  it('shows the plan with --dry-run, and the very words that apply it', async () => {
    serveChange();
    const ran = await run(['scale', DEPLOYMENT_ID, 'web=5', '--key', 'secret', '--dry-run', '--skip-checks']);
    expect(changes()).toMatchObject([{ path: `${path}/scale?skip_checks=true&dry_run=true`, key: 'secret' }]);
    expect(ran.stdout).toContain('+ server/web/3');
    expect(ran.stdout).toContain(
      `  groundwork --server ${server.url} scale ${DEPLOYMENT_ID} web=5 --skip-checks --plan-id ${PLAN_ID}\n`,
    );
    const json = await run(['scale', DEPLOYMENT_ID, 'web=5', '--dry-run', '--json']);
    expect(JSON.parse(json.stdout)).toEqual(shownWith('create'));
  });

  it('applies exactly the plan that it showed when it watches', async () => {
    serveChange();
    const ran = await run(['scale', DEPLOYMENT_ID, 'web=5', '--watch']);
    expect(ran.code).toBe(0);
    expect(changes().map((asked) => asked.path)).toEqual([
      `${path}/scale?dry_run=true`,
      `${path}/scale?plan_id=${PLAN_ID}`,
    ]);
    expect(ran.stdout).toContain('Plan to scale');
    expect(ran.stdout).toContain('Scaling succeeded');
    expect(ran.stdout).toContain('web-app-prod in us-west-1 is COMPLETED');
  });

  it('ends with 1 and tells why when the change failed, although the deployment is COMPLETED', async () => {
    serveChange(shownWith('create'), 'failed');
    const ran = await run(['scale', DEPLOYMENT_ID, 'web=5', '--watch', '--plan-id', PLAN_ID]);
    expect(ran.code).toBe(1);
    expect(changes()).toHaveLength(1);
    expect(ran.stdout).toContain('QuotaExceeded: could not create openstack.server server/web/3');
    expect(ran.stdout).toContain('What this run had made is gone again.');
  });

  it('says when there is nothing to do', async () => {
    const none = { id: DEPLOYMENT_ID, operation: 'none', vm_type: 'web', previous_count: 5, target_count: 5 };
    server.answers(`POST ${path}/scale`, { status: 200, body: none });
    for (const more of [[], ['--watch'], ['--dry-run']]) {
      const ran = await run(['scale', DEPLOYMENT_ID, 'web=5', ...more]);
      expect(ran).toMatchObject({ code: 0, stdout: `${DEPLOYMENT_ID} has 5 of web already: nothing to do\n` });
    }
  });

  it.each(['delete', 'replace'] as const)('asks at a terminal before it would %s something', async (does) => {
    serveChange(shownWith(does));
    const words = ['scale', DEPLOYMENT_ID, 'web=5'];
    const refused = await run(words, { isTTY: true, says: 'no' });
    expect(refused).toMatchObject({ code: 2, stderr: 'Nothing was changed.\n' });
    expect(changes().map((asked) => asked.path)).toEqual([`${path}/scale?dry_run=true`]);
    expect((await run(words, { isTTY: true, says: 'yes' })).code).toBe(0);
    expect((await run([...words, '--yes'], { isTTY: true, says: 'no' })).code).toBe(0);
    expect((await run(words, { says: 'no' })).code).toBe(0);
  });
});

describe('update', () => {
  it('takes options, a patch file, or a file with options on top', async () => {
    serveChange();
    const words = [
      '--flavor',
      'web=m1.large',
      '--image',
      'app=debian-13',
      '--count',
      'web=4',
      '--max-unavailable',
      '2',
    ];
    const more = ['--add-subnet', 'cache=10.0.9.0/24', '--remove-subnet', 'old', '-p', 'size=3', '--ttl', 'none'];
    const groups = ['--security-groups', 'web=default, web', '--drift-policy', 'heal', '--budget', '99.5eur'];
    await run(['update', DEPLOYMENT_ID, ...words, ...more, ...groups]);
    await run(['update', DEPLOYMENT_ID, '-f', '-', '--flavor', 'web=m1.large'], {
      stdin: 'vm_config: {web: {flavor: m1.tiny, key_name: k}, db: {count: 2}}',
    });
    expect(changes().map(({ body }) => body)).toEqual([
      {
        parameters: { size: 3 },
        vm_config: {
          web: { flavor: 'm1.large', count: 4, security_groups: ['default', 'web'] },
          app: { image: 'debian-13' },
        },
        network_config: { subnets: { cache: '10.0.9.0/24', old: null } },
        ...{ max_unavailable: 2, drift_policy: 'heal', ttl: null },
        budget: { amount_per_month: 99.5, currency: 'EUR' },
      },
      { vm_config: { web: { flavor: 'm1.large', key_name: 'k' }, db: { count: 2 } } },
    ]);
  });

  it.each([
    [[]],
    [['--flavor', 'web']],
    [['--count', 'web=x']],
    [['--drift-policy', 'shrug']],
    [['--plan-id', 'x']],
    [['--budget', '5']],
  ])('is refused before it is sent when it cannot be understood: %j', async (words) => {
    expect(await run(['update', DEPLOYMENT_ID, ...words])).toMatchObject({ code: 2, stdout: '' });
    expect(server.asked).toEqual([]);
  });

  it('says where in the file the fault is', async () => {
    const errors = [
      { pointer: '/vm_config/web/flavor', detail: 'is not known', value: 'huge', remedy: 'Use another.' },
    ];
    server.answers(`PATCH ${path}`, { status: 422, body: problem({ errors }) });
    const files = { 'patch.yaml': 'vm_config:\n  web:\n    flavor: huge\n' };
    const ran = await run(['update', DEPLOYMENT_ID, '-f', 'patch.yaml'], { files });
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain('patch.yaml:3:5  /vm_config/web/flavor');
  });

  it('takes a budget and a time to live away with "none"', async () => {
    serveChange();
    await run(['update', DEPLOYMENT_ID, '--budget', 'none', '--ttl', 'none']);
    expect(changes().map(({ body }) => body)).toEqual([{ budget: null, ttl: null }]);
  });

  it('says when only settings changed', async () => {
    server.answers(`PATCH ${path}`, { status: 200, body: { id: DEPLOYMENT_ID, operation: 'settings' } });
    const ran = await run(['update', DEPLOYMENT_ID, '--ttl', '72h']);
    expect(ran.stdout).toBe(`${DEPLOYMENT_ID}: the settings are changed; no resource is touched\n`);
  });
});

describe('deploy with a plan that was shown', () => {
  it('needs no request beside the id of the plan', async () => {
    const body = { id: DEPLOYMENT_ID, name: 'w', status: 'PENDING', created_at: '2026-11-21T10:00:00.000Z' };
    server.answers('POST /deployments', { status: 202, body });
    expect((await run(['deploy', '--plan-id', PLAN_ID])).code).toBe(0);
    expect(changes()).toMatchObject([{ path: `/deployments?plan_id=${PLAN_ID}`, body: null }]);
  });
});

describe('watching', () => {
  it('waits for a server that has just been started', async () => {
    serveChange();
    let asked = 0;
    server.answers(`GET ${path}`, () => {
      asked += 1;
      if (asked > 1) return { status: 200, body: deployment() };
      return { status: 503, body: problem({ code: 'not_ready', status: 503 }) };
    });
    expect((await run(['watch', DEPLOYMENT_ID])).code).toBe(0);
    server.answers(`GET ${path}`, { status: 503, body: problem({ code: 'not_ready', status: 503 }) });
    expect((await run(['get', DEPLOYMENT_ID])).code).toBe(4);
  });

  it('of a cancel ends well when the run is cancelled', async () => {
    serveChange();
    const cancelled = { ...pendingRun(), status: 'cancelled' };
    server.answers(`GET ${path}/runs`, { status: 200, body: { items: [cancelled] } });
    const body = { id: DEPLOYMENT_ID, run_id: RUN_ID, status: 'IN_PROGRESS' };
    server.answers(`POST ${path}/cancel`, { status: 202, body });
    expect((await run(['cancel', DEPLOYMENT_ID, '--watch'])).code).toBe(0);
    expect((await run(['watch', DEPLOYMENT_ID])).code).toBe(1);
  });
});
