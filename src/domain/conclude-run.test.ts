import { describe, expect, it } from 'vitest';
import { concludeRun, nextMove, type NodeOutcome, type RunSoFar } from './conclude-run.ts';
import { RUN_KINDS, type RunKind } from './deployment.ts';
import { FAILURE_POLICIES } from './plan.ts';
import { resourceOf } from './testing/ledger.ts';

const done: NodeOutcome = { key: 'network', kind: 'memory.network', action: 'present', state: 'done' };
const failure: NodeOutcome = {
  key: 'server/web/2',
  kind: 'memory.server',
  action: 'present',
  state: 'failed',
  failure: {
    class: 'permanent',
    type: 'QuotaExceeded',
    message: 'no more',
    remedy: 'ask for more',
    requestId: 'req-1',
  },
};
const stuck: NodeOutcome = {
  key: 'network',
  kind: 'memory.network',
  action: 'absent',
  state: 'failed',
  failure: { class: 'permanent', type: 'Forbidden', message: 'the cloud says no' },
};
const LEFT = [resourceOf('network')];

const run = (change: Partial<RunSoFar>): RunSoFar => ({
  kind: 'deploy',
  failurePolicy: 'rollback',
  cancelRequested: false,
  thenDelete: false,
  outcomes: [done],
  ...change,
});

/** Every combination of what a run can be. */
const ALL = RUN_KINDS.flatMap((kind) =>
  FAILURE_POLICIES.flatMap((failurePolicy) =>
    [false, true].flatMap((cancelRequested) =>
      [false, true].flatMap((thenDelete) =>
        [[done], [done, failure]].map((outcomes) =>
          run({ kind, failurePolicy, cancelRequested, thenDelete, outcomes }),
        ),
      ),
    ),
  ),
);
const isChange = (kind: RunKind): boolean => ['scale', 'update', 'configure', 'heal'].includes(kind);
const hasFailed = ({ outcomes }: RunSoFar): boolean => outcomes.includes(failure);

/** A rollback never is one: it ends what was cancelled. */
function isSuccess(one: RunSoFar, remaining: number): boolean {
  if (one.kind === 'deploy') return !hasFailed(one) && !one.cancelRequested;
  return one.kind === 'delete' && !hasFailed(one) && remaining === 0;
}

describe('nextMove', () => {
  it('undoes a deploy or a change that was cancelled, or that failed under the policy to roll back, and nothing else', () => {
    const undone = ALL.filter((one) => nextMove(one) === 'roll back');
    const expected = ALL.filter(
      ({ kind, thenDelete, cancelRequested, failurePolicy, outcomes }) =>
        ['deploy', 'scale', 'update'].includes(kind) &&
        !thenDelete &&
        (cancelRequested || (failurePolicy === 'rollback' && outcomes.includes(failure))),
    );
    expect(ALL).toHaveLength(RUN_KINDS.length * 3 * 2 * 2 * 2);
    expect(undone).toEqual(expected);
  });

  it.each<[string, Partial<RunSoFar>, string]>([
    ['a success', {}, 'finish'],
    ['a failure', { outcomes: [failure] }, 'roll back'],
    ['a skipped node alone', { outcomes: [{ ...done, state: 'skipped' }] }, 'roll back'],
    ['a failure that is held', { outcomes: [failure], failurePolicy: 'hold' }, 'finish'],
    [
      'a held failure that was cancelled',
      { outcomes: [failure], failurePolicy: 'hold', cancelRequested: true },
      'roll back',
    ],
    ['a cancel', { cancelRequested: true }, 'roll back'],
    ['a cancel by deletion', { cancelRequested: true, thenDelete: true }, 'finish'],
    ['a failed delete', { kind: 'delete', failurePolicy: 'continue', outcomes: [stuck] }, 'finish'],
  ])('after %s', (_, change, expected) => {
    expect(nextMove(run(change))).toBe(expected);
  });
});

describe('concludeRun', () => {
  it('hands over to a delete that was ordered meanwhile, whatever happened', () => {
    for (const one of ALL.filter(({ thenDelete }) => thenDelete)) {
      const end = { status: 'cancelled', deploymentStatus: 'DELETING', error: null, followedByDelete: true };
      expect(concludeRun(one, LEFT)).toEqual(end);
    }
  });

  it('says success only where nothing failed, nothing was cancelled and nothing is left over', () => {
    for (const one of ALL.filter(({ thenDelete, kind }) => !thenDelete && !isChange(kind))) {
      for (const remaining of [[], LEFT]) {
        const { error, deploymentStatus, followedByDelete } = concludeRun(one, remaining);
        const successStatus = isSuccess(one, remaining.length) ? { deploy: 'COMPLETED', delete: 'DELETED' } : undefined;
        expect(followedByDelete).toBe(false);
        expect(error === null).toBe(successStatus !== undefined);
        expect(deploymentStatus).toBe(
          one.kind === 'rollback' ? 'FAILED' : (successStatus?.[one.kind as 'deploy' | 'delete'] ?? 'FAILED'),
        );
        expect(error?.left_over.length ?? 0).toBe(error === null ? 0 : remaining.length);
        expect(error?.rollback_completed === true && remaining.length > 0).toBe(false);
      }
    }
  });

  it('brings a deployment back to COMPLETED after a change, whatever became of it, and says so in a condition', () => {
    for (const one of ALL.filter(({ thenDelete, kind }) => !thenDelete && isChange(kind))) {
      const end = concludeRun(one, []);
      const good = !hasFailed(one) && !one.cancelRequested;
      const held = hasFailed(one) && one.failurePolicy === 'hold' && !one.cancelRequested;
      expect(end.error === null).toBe(good);
      expect(end.status === 'held').toBe(held);
      expect(end.deploymentStatus === 'COMPLETED').toBe(!held);
      const type = one.kind === 'configure' ? 'Configured' : 'Degraded';
      expect(end.conditions).toMatchObject([{ type, status: good === (type === 'Configured') ? 'True' : 'False' }]);
    }
  });

  it.each<[RunKind, string, Partial<RunSoFar>, typeof LEFT, string, string | undefined, boolean | undefined]>([
    ['deploy', 'all done', {}, [], 'succeeded', undefined, undefined],
    ['deploy', 'failed and undone', { outcomes: [done, failure] }, [], 'failed', 'QuotaExceeded', true],
    ['deploy', 'failed, not undone', { outcomes: [done, failure] }, LEFT, 'failed', 'QuotaExceeded', false],
    ['deploy', 'failed and held', { outcomes: [failure], failurePolicy: 'hold' }, [], 'held', 'QuotaExceeded', false],
    [
      'deploy',
      'failed and gone on',
      { outcomes: [failure], failurePolicy: 'continue' },
      [],
      'failed',
      'QuotaExceeded',
      false,
    ],
    ['deploy', 'cancelled', { cancelRequested: true }, [], 'cancelled', 'Cancelled', true],
    ['deploy', 'cancelled, not undone', { cancelRequested: true }, LEFT, 'cancelled', 'Cancelled', false],
    [
      'deploy',
      'failed, then cancelled',
      { cancelRequested: true, outcomes: [failure] },
      [],
      'failed',
      'QuotaExceeded',
      true,
    ],
    [
      'deploy',
      'held, then cancelled',
      { cancelRequested: true, outcomes: [failure], failurePolicy: 'hold' },
      [],
      'cancelled',
      'Cancelled',
      true,
    ],
    ['delete', 'all gone', { outcomes: [] }, [], 'succeeded', undefined, undefined],
    ['delete', 'refused', { outcomes: [stuck] }, LEFT, 'failed', 'Forbidden', false],
    ['delete', 'something unknown remains', { outcomes: [] }, LEFT, 'failed', 'Incomplete', false],
    ['rollback', 'all gone', { outcomes: [] }, [], 'succeeded', 'Cancelled', true],
    ['rollback', 'refused', { outcomes: [stuck] }, LEFT, 'failed', 'Forbidden', false],
    ['rollback', 'something unknown remains', { outcomes: [] }, LEFT, 'failed', 'Incomplete', false],
  ])('of a %s (%s)', (kind, _, change, remaining, status, type, completed) => {
    const end = concludeRun(run({ kind, ...change }), remaining);
    expect([end.status, end.error?.type, end.error?.rollback_completed]).toEqual([status, type, completed]);
  });

  it('tells the first failure in full: what was being done, the words and the request id of the cloud', () => {
    const second = { ...failure, key: 'server/web/3' };
    expect(concludeRun(run({ outcomes: [done, failure, second] }), []).error).toEqual({
      type: 'QuotaExceeded',
      message: 'no more',
      failed_activity: 'create memory.server server/web/2',
      rollback_completed: true,
      left_over: [],
      remedy: 'ask for more',
      request_id: 'req-1',
    });
    expect(concludeRun(run({ kind: 'delete', outcomes: [stuck] }), LEFT).error).toMatchObject({
      failed_activity: 'delete memory.network network',
    });
  });

  it('never calls a run a success that left something out, even if nothing failed', () => {
    const { failure: _, ...rest } = failure;
    const outcomes: NodeOutcome[] = [done, { ...rest, state: 'skipped' }];
    const { status, error } = concludeRun(run({ outcomes }), []);
    expect([status, error?.failed_activity]).toEqual(['failed', 'create memory.server server/web/2']);
    expect(concludeRun(run({ outcomes, cancelRequested: true }), []).error?.type).toBe('Cancelled');
  });

  it('says of everything left over why it is still there', () => {
    const remaining = [resourceOf('network'), resourceOf('subnet/web', { kind: 'memory.subnet', providerId: null })];
    const { error } = concludeRun(run({ outcomes: [failure] }), remaining, [stuck]);
    expect(error?.left_over).toEqual([
      { key: 'network', kind: 'memory.network', provider_id: 'id of network', reason: 'the cloud says no' },
      {
        key: 'subnet/web',
        kind: 'memory.subnet',
        provider_id: null,
        reason: 'something that stands on it could not be removed',
      },
    ]);
  });
});
