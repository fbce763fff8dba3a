import { describe, expect, it } from 'vitest';
import type { NodeFacts } from './blocking-node.ts';
import type { Condition, Deployment, DeploymentError } from './deployment.ts';
import { explain, type ExplainedRun, type Situation } from './explain.ts';
import type { PlanNode } from './plan.ts';

const START = Date.parse('2026-11-21T10:00:00.000Z');
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

function node(key: string, dependsOn: string[] = [], action: PlanNode['action'] = 'present'): PlanNode {
  const kind = `openstack.${key.split('/')[0]}`;
  return { key, action, kind, region: 'here', wanted: {}, dependsOn, estimateMs: 30_000, estimateFrom: 'default' };
}

const NODES = [
  node('network'),
  node('subnet/web', ['network']),
  node('server/web/1', ['subnet/web']),
  node('server/web/2', ['subnet/web']),
];

function facts(key: string, change: Partial<NodeFacts> = {}): NodeFacts {
  return {
    ...{ phase: 'forward', key, kind: `openstack.${key.split('/')[0]}`, action: 'present', state: 'done', attempt: 1 },
    ...{ detail: null, error: null, nextRetryAt: null, startedAt: at(1), finishedAt: null },
    ...change,
  };
}

const RUN: ExplainedRun = {
  ...{ id: 'run', kind: 'deploy', status: 'running', phase: 'forward', createdAt: at(0), startedAt: at(0) },
  ...{ finishedAt: null, error: null, rollbackPlan: null, cancelRequestedAt: null },
  plan: { nodes: NODES, failurePolicy: 'rollback' },
};

const DEPLOYMENT = {
  ...{ id: 'id', name: 'shop', status: 'IN_PROGRESS', region: 'here', templateName: 'stack', templateVersion: 1 },
  ...{ parameters: {}, overrides: {}, failurePolicy: 'rollback', conditions: [], driftPolicy: 'alert', metadata: {} },
  ...{ expiresAt: null, budget: null, error: null, activeRun: 'run', createdAt: at(0), updatedAt: at(0) },
  config: { vm_config: {}, network_config: { cidr: '10.0.0.0/16', subnets: {} } },
} as const satisfies Deployment;

function situation(change: Partial<Situation> = {}): Situation {
  return {
    ...{ deployment: DEPLOYMENT, run: RUN, nodes: [], ledger: [], durations: new Map(), now: START + 10_000 },
    region: { name: 'here', reachable: true, error: null },
    workers: { living: 1, holder: { isAlive: true, silentMs: 300 }, takeOvers: 0 },
    ...change,
  };
}

const BUILDING = [
  facts('network'),
  facts('subnet/web'),
  facts('server/web/1', { state: 'waiting', detail: 'BUILD, spawning', startedAt: at(4) }),
  facts('server/web/2', { state: 'waiting', detail: 'BUILD, scheduling', startedAt: at(2) }),
];
const past = (p90: number, p99: number, count = 50) =>
  new Map([['here openstack.server present', { p50: 2_000, p90, p99, count }]]);

describe('a run that goes on waits', () => {
  it('for the node that has been at work for longest, where nothing else tells them apart', () => {
    const told = explain(situation({ nodes: BUILDING }));
    expect(told.summary).toBe(
      'shop waits for server/web/2: the cloud says BUILD, scheduling, for 8.0 s (estimate 30 s)',
    );
    expect(told.chain).toEqual([
      { subject: 'deployment', statement: 'is IN_PROGRESS as long as its deploy goes on' },
      { subject: 'run', statement: 'the deploy, begun 10 s ago, is going on: 2 of 4 done' },
      { subject: 'server/web/2', statement: 'openstack.server is being created, for 8.0 s (estimate 30 s)' },
      { subject: 'cloud', statement: 'the cloud says BUILD, scheduling' },
    ]);
    expect([told.stalled, told.waiting]).toEqual([false, []]);
  });

  it.each([
    [20_000, 60_000, 'for 8.0 s (9 of 10 take at most 20 s)', false],
    [5_000, 60_000, 'for 8.0 s, longer than usual (9 of 10 take at most 5.0 s)', false],
  ])('for a server with a p90 of %i ms and a p99 of %i ms: %s', (p90, p99, words, stalled) => {
    const told = explain(situation({ nodes: BUILDING, durations: past(p90, p99) }));
    expect(told.summary).toBe(`shop waits for server/web/2: the cloud says BUILD, scheduling, ${words}`);
    expect(told.blocking?.usualP90Ms).toBe(p90);
    expect(told.stalled).toBe(stalled);
  });

  it('for a stalled server, and says so', () => {
    const told = explain(situation({ nodes: BUILDING, durations: past(5_000, 20_000), now: START + 72_000 }));
    expect(told.summary).toBe(
      'shop waits for server/web/2: the cloud says BUILD, scheduling, for 1 min 10 s, longer than 99 of 100 take (20 s)',
    );
    expect(told.stalled).toBe(true);
  });

  it('for the one that the cloud refuses rather than for the others, and counts what waits behind it', () => {
    const error = { class: 'transient', type: 'CloudUnavailable', status: 503, message: 'no', words: 'not now' };
    const refused = facts('network', { state: 'retrying', error, attempt: 2, nextRetryAt: at(12) });
    const told = explain(situation({ nodes: [refused] }));
    expect(told.summary).toBe(
      'shop waits for network: the cloud refused to create it (CloudUnavailable, 503): "not now"; attempt 2 follows in 2.0 s',
    );
    expect(told.waiting).toEqual([
      { kind: 'openstack.server', count: 2 },
      { kind: 'openstack.subnet', count: 1 },
    ]);
    expect(told.chain.map(({ subject }) => subject)).toEqual([
      ...['deployment', 'run', 'server/web/1', 'subnet/web', 'network', 'cloud'],
    ]);
    expect(told.chain[2]?.statement).toBe('cannot begin before subnet/web is done');
  });

  it('for a cloud that refuses connections', () => {
    const error = { class: 'transient', type: 'Unreachable', message: 'compute did not answer: connect ECONNREFUSED' };
    const refused = facts('network', { state: 'retrying', error, attempt: 3, nextRetryAt: at(9) });
    const region = { name: 'here', reachable: false, error: 'connect ECONNREFUSED' };
    const told = explain(situation({ nodes: [refused], region }));
    expect(told.summary).toBe(
      'shop waits for network: the cloud cannot be reached (compute did not answer: connect ECONNREFUSED); attempt 3 is under way',
    );
    expect(told.chain.at(-1)).toEqual({ subject: 'region', statement: 'here cannot be reached: connect ECONNREFUSED' });
  });

  it('for a call that is not answered, and tells that the region cannot be reached', () => {
    const region = { name: 'here', reachable: false, error: 'no route' };
    const told = explain(situation({ nodes: [facts('network', { state: 'running' })], region }));
    expect(told.summary).toBe(
      'shop waits for network: the cloud has not answered yet, or the call waits for its turn at the region, for 9.0 s (estimate 30 s); the region here cannot be reached now',
    );
  });

  it('for nothing once every node has ended', () => {
    const told = explain(situation({ nodes: NODES.map(({ key }) => facts(key)) }));
    expect(told.summary).toMatch(/^nothing blocks shop: every resource has come to its end/);
    expect(told.blocking).toBeNull();
  });

  it('for the rollback, after what had failed', () => {
    const undo = [node('subnet/web', [], 'absent'), node('network', ['subnet/web'], 'absent')];
    const run = {
      ...RUN,
      status: 'rolling_back',
      phase: 'rollback',
      rollbackPlan: { ...RUN.plan, nodes: undo },
    } as const;
    const failed = facts('server/web/1', { state: 'failed', detail: 'no room' });
    const removing = facts('subnet/web', { phase: 'rollback', action: 'absent', state: 'running', startedAt: at(8) });
    const told = explain(situation({ run, nodes: [facts('network'), failed, removing] }));
    expect(told.summary).toBe('shop waits for subnet/web: it is being deleted, for 2.0 s (estimate 30 s)');
    expect(told.chain[1]?.statement).toBe(
      'the deploy, begun 10 s ago, is being undone: 0 of 2 done; server/web/1 had failed: no room',
    );
  });
});

describe('a run without a worker', () => {
  const pending = { ...RUN, status: 'pending', startedAt: null } as const;

  it.each([
    [0, undefined, pending, 'no worker is alive to take the run up', /groundwork start/],
    [2, undefined, pending, 'the run is in the queue since 10 s, and 2 workers are alive', /health\/ready/],
    [
      0,
      7_000,
      RUN,
      'the worker that executed the run is gone, silent for 7.0 s, and no other is alive',
      /groundwork start/,
    ],
    [
      1,
      2_000,
      RUN,
      'the worker that executed the run is gone, silent for 2.0 s; another one takes it over within seconds',
      /Wait/,
    ],
  ])('(%i alive, silent for %s ms) says what is missing', (living, silentMs, run, fact, remedy) => {
    const holder = silentMs === undefined ? undefined : { isAlive: false, silentMs };
    const told = explain(situation({ run, workers: { living, holder, takeOvers: 0 } }));
    expect(told.summary).toBe(`shop waits for a worker: ${fact}`);
    expect(told.blocking).toMatchObject({ key: null, remedy: expect.stringMatching(remedy) });
  });

  it('that was taken over says how often', () => {
    const workers = { living: 1, holder: { isAlive: true, silentMs: 10 }, takeOvers: 2 };
    const told = explain(situation({ nodes: BUILDING, workers }));
    expect(told.chain[2]).toEqual({ subject: 'worker', statement: 'it was taken over from another worker 2 times' });
  });
});

describe('a deployment on which nothing goes on', () => {
  const rest = (status: Deployment['status'], conditions: Condition[] = []): Deployment => ({
    ...{ ...DEPLOYMENT, status, conditions, activeRun: null },
  });
  const ended = { ...RUN, status: 'succeeded', finishedAt: at(5) } as const;
  const condition = (type: string, status: Condition['status'], message: string): Condition => ({
    ...{ type, status, reason: 'Because', message, last_transition_time: at(7) },
  });

  it.each(['COMPLETED', 'DELETED'] as const)('is not blocked when it is %s', (status) => {
    const told = explain(situation({ deployment: rest(status), run: ended }));
    expect(told).toMatchObject({ summary: `nothing blocks shop: it is ${status}`, blocking: null, waiting: [] });
  });

  it('tells the weightiest of its conditions first', () => {
    const conditions = [
      condition('Configured', 'False', 'the last configure failed at run site.yml: unreachable'),
      condition('Drifted', 'True', 'server/web/1 is missing'),
      condition('Degraded', 'False', 'the last scale succeeded'),
    ];
    const told = explain(situation({ deployment: rest('COMPLETED', conditions), run: ended }));
    expect(told.summary).toBe('shop is COMPLETED, but server/web/1 is missing');
    expect(told.chain.map(({ statement }) => statement)).toEqual([
      'is COMPLETED',
      `Drifted is True since ${at(7)} (Because): server/web/1 is missing`,
      `Configured is False since ${at(7)} (Because): the last configure failed at run site.yml: unreachable`,
    ]);
  });

  const error: DeploymentError = {
    ...{ type: 'QuotaExceeded', message: 'compute refused: Quota exceeded', rollback_completed: true, left_over: [] },
    failed_activity: 'create openstack.server server/web/1',
  };
  const failure = {
    class: 'permanent',
    type: 'QuotaExceeded',
    message: 'x',
    words: 'Quota exceeded',
    requestId: 'req-1',
  };
  const failed = facts('server/web/1', { state: 'failed', error: failure, finishedAt: at(5) });

  it('is explained by the change that failed when it is degraded', () => {
    const deployment = rest('COMPLETED', [condition('Degraded', 'True', 'the last scale failed')]);
    const run = { ...ended, kind: 'scale', status: 'failed', error } as const;
    const told = explain(situation({ deployment, run, nodes: [failed] }));
    expect(told.summary).toBe(
      'shop is COMPLETED, but could not create openstack.server server/web/1 (QuotaExceeded): compute refused: Quota exceeded; everything that the run had made is gone again',
    );
    expect(told.blocking).toMatchObject({
      key: 'server/web/1',
      cloudWords: 'Quota exceeded',
      requestId: 'req-1',
      waitedMs: 5_000,
    });
  });

  it('lists what is left over', () => {
    const leftOver = { key: 'network', kind: 'openstack.network', provider_id: 'n-1', reason: 'in use' };
    const partly = { ...error, rollback_completed: false, left_over: [leftOver, { ...leftOver, key: 'subnet/web' }] };
    const told = explain(
      situation({
        deployment: { ...rest('FAILED'), error: partly },
        run: { ...ended, status: 'failed' },
        nodes: [failed],
      }),
    );
    expect(told.summary).toMatch(/; 2 resources could not be removed$/);
    expect(told.chain.slice(-2).map(({ subject, statement }) => `${subject} ${statement}`)).toEqual([
      'network openstack.network n-1 is left over: in use',
      'subnet/web openstack.network n-1 is left over: in use',
    ]);
  });

  it('that is held says what a person may do', () => {
    const told = explain(
      situation({
        deployment: { ...rest('FAILED'), error },
        run: { ...ended, status: 'held', error },
        nodes: [failed],
      }),
    );
    expect(told.summary).toMatch(/; everything is kept until somebody retries, cancels or deletes it$/);
    expect(told.blocking?.remedy).toBe('Correct the cause and retry, or cancel, or delete the deployment.');
  });

  it('that was cancelled is blocked by nothing', () => {
    const cancelled = {
      ...error,
      type: 'Cancelled',
      message: 'the run was cancelled on request',
      failed_activity: 'cancel',
    };
    const told = explain(
      situation({ deployment: { ...rest('FAILED'), error: cancelled }, run: { ...ended, status: 'cancelled' } }),
    );
    expect(told.summary).toBe(
      'shop is FAILED: the run was cancelled on request; everything that the run had made is gone again',
    );
    expect(told.blocking).toBeNull();
  });
});
