import { describe, expect, it } from 'vitest';
import { timestampOf } from './database.ts';

describe('an instant of the database', () => {
  it.each([
    ['2026-11-21 07:51:48.123456+00', '2026-11-21T07:51:48.123456Z'],
    ['2026-11-21 07:51:48.1+00', '2026-11-21T07:51:48.100000Z'],
    ['2026-11-21 07:51:48+00', '2026-11-21T07:51:48.000000Z'],
    ['2026-11-21 09:51:48.999999+02', '2026-11-21T07:51:48.999999Z'],
    ['2026-11-21 04:21:48.00012-03:30', '2026-11-21T07:51:48.000120Z'],
  ])('%s is read to the microsecond', (text, instant) => {
    expect(timestampOf(text)).toBe(instant);
  });
});
