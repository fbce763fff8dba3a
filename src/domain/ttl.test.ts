import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decideExpiry,
  type ExpiringDeployment,
  LONGEST_TTL_MS,
  parseTtl,
  SHORTEST_TTL_MS,
  warningTimes,
  writeTtl,
} from './ttl.ts';

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];

describe('a time to live', () => {
  it.each([
    ['90m', 90 * MINUTE],
    ['72h', 72 * HOUR],
    ['7d', 7 * DAY],
    ['2w', 14 * DAY],
    ['1d12h', 36 * HOUR],
    ['60s', MINUTE],
    ['P7D', 7 * DAY],
    ['PT72H', 72 * HOUR],
    ['P1DT12H30M', 36.5 * HOUR],
    ['P2W', 14 * DAY],
    ['366d', LONGEST_TTL_MS],
  ])('%s is understood', (text, ms) => {
    expect(parseTtl(text)).toEqual({ ms });
  });

  it.each([
    ['', 'this is no duration'],
    ['72', 'this is no duration'],
    ['h', 'this is no duration'],
    ['12h1d', 'this is no duration'],
    ['-1h', 'this is no duration'],
    ['1.5h', 'this is no duration'],
    [' 1h', 'this is no duration'],
    ['1H', 'this is no duration'],
    ['P', 'this is no duration'],
    ['PT', 'this is no duration'],
    ['P1DT', 'this is no duration'],
    ['P1H', 'this is no duration'],
    ['P1M', 'years and months have no fixed length'],
    ['P1Y2D', 'years and months have no fixed length'],
    ['0h', 'it is shorter than 1m'],
    ['59s', 'it is shorter than 1m'],
    ['367d', 'it is longer than 366d'],
    ['999999999w', 'it is longer than 366d'],
  ])('%j is refused: %s', (text, problem) => {
    expect(parseTtl(text)).toMatchObject({ problem, remedy: expect.stringMatching(/\.$/) });
  });

  it('is at most what the region allows', () => {
    expect(parseTtl('73h', 72 * HOUR)).toMatchObject({ problem: 'it is longer than 3d' });
    expect(parseTtl('72h', 72 * HOUR)).toEqual({ ms: 72 * HOUR });
  });

  it('is read as it was written', () => {
    const whole = fc.integer({ min: SHORTEST_TTL_MS / 1000, max: LONGEST_TTL_MS / 1000 });
    fc.assert(
      fc.property(whole, (seconds) => {
        expect(parseTtl(writeTtl(seconds * 1000))).toEqual({ ms: seconds * 1000 });
      }),
    );
  });
});

describe('warnings', () => {
  it.each([
    [72 * HOUR, [DAY, HOUR, 10 * MINUTE]],
    [48 * HOUR, [DAY, HOUR, 10 * MINUTE]],
    [24 * HOUR, [HOUR, 10 * MINUTE]],
    [90 * MINUTE, [10 * MINUTE]],
    [10 * MINUTE, [MINUTE]],
  ])('of %d ms come %j before the end', (ttl, leads) => {
    expect(warningTimes(1000, 1000 + ttl)).toEqual(leads.map((lead) => 1000 + ttl - lead));
  });
});

describe('looking after an expiry', () => {
  const WRITTEN = '2026-11-24T10:00:00.000Z';
  const of = (change: Partial<ExpiringDeployment> = {}): ExpiringDeployment => ({
    status: 'COMPLETED',
    conditions: [],
    expiresAt: 72 * HOUR,
    setAt: 0,
    lookAt: undefined,
    ...change,
  });
  const expired = [
    { type: 'Expiring', status: 'True', reason: 'Expired', message: '', last_transition_time: WRITTEN },
  ] as const;

  it('tells every warning once, however often and however late somebody looks, and the end once', () => {
    const looks = fc.array(fc.integer({ min: 0, max: 90 * 60 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(looks, (minutes) => {
        let seen = of();
        const told: number[] = [];
        const times = [...minutes.toSorted((a, b) => a - b), 72 * 60];
        for (const now of times.map((minute) => minute * MINUTE)) {
          if (now < (seen.lookAt ?? 0)) continue;
          const { tell, isOver, lookAt } = decideExpiry(seen, now, WRITTEN);
          if (tell) told.push(now);
          expect(isOver).toBe(now >= 72 * HOUR);
          expect(lookAt).toBeGreaterThan(now);
          const conditions = tell?.type === 'deployment.expired' ? expired : seen.conditions;
          seen = { ...seen, lookAt: lookAt ?? undefined, conditions };
        }
        const warnings = warningTimes(0, 72 * HOUR);
        const firstLookAfter = (at: number) => times.map((minute) => minute * MINUTE).find((now) => now >= at);
        const expected = new Set([...warnings, 72 * HOUR].map(firstLookAfter));
        expect(new Set(told)).toEqual(expected);
        expect(told.length).toBe(expected.size);
      }),
    );
  });

  it('says how much is left', () => {
    const { tell } = decideExpiry(of({ lookAt: 48 * HOUR }), 48 * HOUR + 4_000, WRITTEN);
    expect(tell).toEqual({
      type: 'deployment.expiring',
      data: { expires_at: WRITTEN, left: '23h59m56s' },
      condition: {
        ...{ type: 'Expiring', status: 'True', reason: 'EndIsNear' },
        message: `it is deleted in 23h59m56s, at ${WRITTEN}, unless it is extended`,
      },
    });
  });

  it.each([
    ['is told and deleted at its end', of(), { told: true, isOver: true, waits: MINUTE }],
    [
      'is deleted again when it was told and is still there',
      of({ conditions: expired }),
      { told: false, isOver: true, waits: MINUTE },
    ],
    [
      'is left alone while it is being deleted',
      of({ status: 'DELETING' }),
      { told: false, isOver: false, waits: 10 * MINUTE },
    ],
    [
      'had a delete that failed is tried again after an hour',
      of({ status: 'FAILED', conditions: expired }),
      { told: false, isOver: true, waits: HOUR },
    ],
    ['is gone needs nobody', of({ status: 'DELETED' }), { told: false, isOver: false, waits: undefined }],
    ['has no end needs nobody', of({ expiresAt: null }), { told: false, isOver: false, waits: undefined }],
  ])('one that %s', (_, deployment, { told, isOver, waits }) => {
    const now = 80 * HOUR;
    const decision = decideExpiry(deployment, now, WRITTEN);
    expect(decision).toMatchObject({ isOver, lookAt: waits === undefined ? null : now + waits });
    expect(decision.tell !== undefined).toBe(told);
  });
});
