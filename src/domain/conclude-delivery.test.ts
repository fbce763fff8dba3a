import { describe, expect, it } from 'vitest';
import { concludeDelivery, MOST_ATTEMPTS, retryAfterMs, type SendOutcome } from './conclude-delivery.ts';

const answered = (status: number, retryAfter?: number): SendOutcome => ({
  ...{ kind: 'answered', status, body: '', durationMs: 1 },
  ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter }),
});
const unanswered: SendOutcome = { kind: 'unanswered', reason: 'no answer within 15 s', durationMs: 1 };
const HOUR = 3_600_000;

describe('an attempt to deliver', () => {
  it.each([200, 204, 299])('that is answered %d has delivered', (status) => {
    expect(concludeDelivery(1, answered(status), 0)).toEqual({ status: 'delivered' });
  });

  it.each([
    ['nothing', unanswered],
    ['301', answered(301)],
    ['400', answered(400)],
    ['404', answered(404)],
    ['429', answered(429)],
    ['500', answered(500)],
  ])('that is answered with %s is repeated', (_, outcome) => {
    expect(concludeDelivery(1, outcome, 0)).toMatchObject({ status: 'pending', givesWay: false });
  });

  it('is repeated for about a day, with pauses that grow to an hour', () => {
    let sum = 0;
    for (let attempt = 1; ; attempt += 1) {
      const conclusion = concludeDelivery(attempt, unanswered, 0.5);
      if (conclusion.status !== 'pending') break;
      expect(conclusion.retryInMs).toBeLessThanOrEqual(HOUR);
      sum += conclusion.retryInMs;
    }
    expect(sum / HOUR).toBeGreaterThan(23);
    expect(sum / HOUR).toBeLessThan(26);
    expect(concludeDelivery(1, unanswered, 0)).toMatchObject({ retryInMs: 3_750 });
    expect(concludeDelivery(1, unanswered, 0.9)).toMatchObject({ retryInMs: 6_000 });
    expect(concludeDelivery(MOST_ATTEMPTS, unanswered, 0)).toMatchObject({ status: 'dead', disable: false });
  });

  it('is repeated no sooner than the receiver asks, and within a day', () => {
    expect(concludeDelivery(1, answered(503, HOUR), 0)).toMatchObject({ retryInMs: HOUR });
    expect(concludeDelivery(9, answered(503, 1), 0.5)).toMatchObject({ retryInMs: 1_280_000 });
    expect(concludeDelivery(1, answered(503, 1000 * HOUR), 0)).toMatchObject({ retryInMs: 24 * HOUR });
  });

  it('gives way to later events when a receiver that is well refuses it again and again, and only then', () => {
    const givesWay = (attempt: number, outcome: SendOutcome) => {
      const conclusion = concludeDelivery(attempt, outcome, 0);
      return conclusion.status === 'pending' && conclusion.givesWay;
    };
    expect([1, 2, 3, 4].map((attempt) => givesWay(attempt, answered(422)))).toEqual([false, false, true, true]);
    for (const outcome of [unanswered, answered(500), answered(429), answered(408), answered(425)])
      expect(givesWay(20, outcome)).toBe(false);
  });

  it('that is answered 410 is the last one to this receiver', () => {
    expect(concludeDelivery(1, answered(410), 0)).toMatchObject({ status: 'dead', disable: true });
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-11-21T10:00:00Z');
  it.each([
    [undefined, undefined],
    ['120', 120_000],
    ['Sat, 21 Nov 2026 10:01:00 GMT', 60_000],
    ['Sat, 21 Nov 2026 09:00:00 GMT', 0],
    ['soon', undefined],
  ])('%j is %j ms', (header, ms) => {
    expect(retryAfterMs(header, now, Date.parse)).toBe(ms);
  });
});
