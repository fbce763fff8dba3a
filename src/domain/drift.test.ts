import { describe, expect, it } from 'vitest';
import type { Difference } from './difference.ts';
import {
  compareFindings,
  driftCondition,
  type DriftSubject,
  extraFinding,
  type Finding,
  findingOf,
  isAccepted,
  isGone,
  openDifferences,
  type RecordedFinding,
} from './drift.ts';
import type { JsonObject } from './json.ts';

const [THEN, NOW] = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'];
const subject = (change: Partial<DriftSubject> = {}): DriftSubject => ({
  ...{ owner: 'd', key: 'server/web/1', generation: 1, kind: 'memory.server', state: 'present', providerId: 'vm' },
  ...{ wanted: {}, outputs: {} },
  ...change,
});
const difference = (
  field: string,
  actual: Difference['actual'] = 'b',
  fix: Difference['fix'] = 'update',
): Difference => ({
  ...{ field, wanted: 'a', actual, fix },
});
const differing =
  (...differences: Difference[]) =>
  () =>
    differences;
const finding = (differences: Difference[], change: Partial<RecordedFinding> = {}): RecordedFinding => ({
  ...{ owner: 'd', key: 'server/web/1', kind: 'memory.server', providerId: 'vm', type: 'stopped' },
  ...{ differences, accepted: [], firstSeen: THEN, lastSeen: THEN },
  ...change,
});

describe('findingOf', () => {
  it.each<[string, Difference[]]>([
    ['stopped', [difference('metadata.role'), difference('status')]],
    ['flavor', [difference('metadata'), difference('flavor')]],
    ['detached', [difference('interface', null), difference('name')]],
    ['detached', [difference('router_id')]],
    ['addresses', [difference('fixed_ip', 'x', 'replace')]],
    ['metadata', [difference('metadata.role'), difference('security_groups')]],
    ['changed', [difference('security_groups')]],
    ['changed', [difference('statuses')]],
  ])('names the worst of the differences: %s', (type, differences) => {
    expect(findingOf(subject(), {}, differing(...differences))).toMatchObject({ type, differences });
  });

  it('hands wanted, real and last known to the driver', () => {
    const seen: JsonObject[] = [];
    const compare = (...three: JsonObject[]): Difference[] => {
      seen.push(...three);
      return [];
    };
    expect(findingOf(subject({ wanted: { w: 1 }, outputs: { o: 1 } }), { r: 1 }, compare)).toBeUndefined();
    expect(seen).toEqual([{ w: 1 }, { r: 1 }, { o: 1 }]);
  });

  it('tells what is not there from what was detached; only another object helps', () => {
    const missing = findingOf(subject(), undefined)!;
    expect(missing).toMatchObject({ type: 'missing', differences: [{ wanted: 'vm', actual: null, fix: 'replace' }] });
    expect(isGone(missing)).toBe(true);
    expect(findingOf(subject({ kind: 'memory.router-interface' }), undefined)?.type).toBe('detached');
    expect(isGone(extraFinding(missing))).toBe(false);
  });

  it.each(['creating', 'deleting'] as const)(
    'takes what a run left %s for a change that only another object ends',
    (state) => {
      const left = findingOf(subject({ state, providerId: null }), undefined);
      expect(left).toMatchObject({ type: 'changed', providerId: '', differences: [{ actual: state, fix: 'replace' }] });
      expect(isGone(left!)).toBe(false);
    },
  );
});

describe('compareFindings', () => {
  const stopped = (actual = 'SHUTOFF'): Finding => finding([difference('status', actual)]);

  it('tells what is new, keeps since when, and says what is over', () => {
    const first = compareFindings([], [stopped()], THEN);
    expect(first.detected.map(({ firstSeen }) => firstSeen)).toEqual([THEN]);
    const second = compareFindings(first.standing, [stopped()], NOW);
    expect([second.detected, second.cleared]).toEqual([[], []]);
    expect(second.standing).toMatchObject([{ firstSeen: THEN, lastSeen: NOW }]);
    const third = compareFindings(second.standing, [], NOW);
    expect(third).toMatchObject({ standing: [], detected: [], cleared: [{ key: 'server/web/1' }] });
  });

  it('tells again when a difference changed, and counts anew when it is another kind of drift', () => {
    const again = compareFindings([finding([difference('status', 'SHUTOFF')])], [stopped('PAUSED')], NOW);
    expect(again.detected).toMatchObject([{ firstSeen: THEN }]);
    const other = compareFindings([finding([difference('status')])], [{ ...stopped(), type: 'missing' }], NOW);
    expect(other.detected).toMatchObject([{ type: 'missing', firstSeen: NOW }]);
  });

  it('does not take another object of the same key for the same finding', () => {
    const twin = { ...stopped(), providerId: 'twin' };
    const { detected, cleared } = compareFindings([finding([difference('status')])], [twin], NOW);
    expect([detected.length, cleared.length]).toEqual([1, 1]);
  });

  it('is silent about what was accepted until it changes, and forgets acceptance with the difference', () => {
    const [status, flavor] = [difference('status', 'SHUTOFF'), difference('flavor')];
    const accepted = finding([status], { accepted: [status] });
    const same = compareFindings([accepted], [finding([status])], NOW);
    expect([same.detected, same.standing.map(isAccepted)]).toEqual([[], [true]]);
    const more = compareFindings([accepted], [finding([status, flavor])], NOW);
    expect(more.detected.map(openDifferences)).toEqual([[flavor]]);
    const back = compareFindings(
      compareFindings([accepted], [finding([flavor])], NOW).standing,
      [finding([status])],
      NOW,
    );
    expect(back.standing.map(isAccepted)).toEqual([false]);
  });

  it('knows a difference again whose values came back with their keys in another order', () => {
    const [one, other] = [difference('metadata', { a: 1, b: 2 }), difference('metadata', { b: 2, a: 1 })];
    const accepted = finding([one], { accepted: [one], type: 'metadata' });
    expect(compareFindings([accepted], [finding([other], { type: 'metadata' })], NOW).standing.map(isAccepted)).toEqual(
      [true],
    );
  });
});

describe('driftCondition', () => {
  it('names some in a sentence, counts the rest, and leaves out what was accepted', () => {
    const status = difference('status', 'SHUTOFF');
    const findings = ['e', 'd', 'c', 'b', 'a'].map((key) => finding([status], { key }));
    const accepted = finding([status], { key: '0', accepted: [status] });
    expect(driftCondition([...findings, accepted])).toEqual({
      type: 'Drifted',
      status: 'True',
      reason: 'DriftFound',
      message:
        'a has status SHUTOFF instead of a, b has status SHUTOFF instead of a, c has status SHUTOFF instead of a, and 2 more',
    });
    expect(driftCondition([accepted]).status).toBe('False');
    const missing = finding([difference('id', null)], { type: 'missing', key: 'network' });
    expect(driftCondition([missing]).message).toBe('network is missing');
  });
});
