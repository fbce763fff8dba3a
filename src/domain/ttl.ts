/**
 * Time to live: how it is written, when it is warned of, and what has to be done when somebody looks.
 *
 * All times are milliseconds since the epoch; the domain has no clock.
 */

import type { NewCondition } from './condition.ts';
import type { Condition, DeploymentStatus } from './deployment.ts';
import type { EventType } from './event.ts';
import type { JsonObject } from './json.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNIT_MS = { w: 7 * DAY, d: DAY, h: HOUR, m: MINUTE, s: 1000 } as const;

export const SHORTEST_TTL_MS = MINUTE;
export const LONGEST_TTL_MS = 366 * DAY;

/** `72h`, `7d`, `1d12h`, `90m`: each unit at most once, the largest first. */
const SHORT = /^(?:(\d{1,9})w)?(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/;
/** ISO 8601, §5.5.2: `P7D`, `PT72H`, `P1DT12H`, `P2W`. */
const ISO = /^P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?$/;

const HOW = 'Write 90m, 72h, 7d or 1d12h, or as in ISO 8601: PT72H, P7D.';

export type ParsedTtl =
  | { readonly ms: number }
  /** What is wrong, without a full stop, and what to write instead. */
  | { readonly problem: string; readonly remedy: string };

/** @param mostMs of the region, when it is less than what is allowed anywhere */
export function parseTtl(text: string, mostMs: number = LONGEST_TTL_MS): ParsedTtl {
  if (/^P.*\d[YM]/.test(text.split('T')[0] ?? ''))
    return { problem: 'years and months have no fixed length', remedy: `Count in days. ${HOW}` };
  const parts = (SHORT.exec(text) ?? ISO.exec(text))?.slice(1);
  if (!parts || parts.every((part) => part === undefined)) return { problem: 'this is no duration', remedy: HOW };
  const units = Object.values(UNIT_MS);
  const ms = parts.reduce((sum, part, index) => sum + Number(part ?? 0) * (units[index] ?? 0), 0);
  if (ms < SHORTEST_TTL_MS)
    return { problem: `it is shorter than ${writeTtl(SHORTEST_TTL_MS)}`, remedy: 'Ask for more.' };
  const most = Math.min(mostMs, LONGEST_TTL_MS);
  if (ms > most)
    return { problem: `it is longer than ${writeTtl(most)}`, remedy: `Ask for at most ${writeTtl(most)}.` };
  return { ms };
}

/** A duration as `parseTtl` reads it: `1d12h`. Parts of a second are left out. */
export function writeTtl(ms: number): string {
  let left = Math.max(0, ms);
  const parts = Object.entries(UNIT_MS)
    .filter(([unit]) => unit !== 'w')
    .map(([unit, size]) => {
      const count = Math.floor(left / size);
      left -= count * size;
      return count === 0 ? '' : `${count}${unit}`;
    });
  return parts.join('') || '0s';
}

const LEADS = [DAY, HOUR, 10 * MINUTE];

/**
 * When to warn, in order: 24 h, 1 h and 10 min before the end, as far as they lie in the second half of the time that was
 * given; for a shorter one at 90 % of it.
 */
export function warningTimes(setAt: number, expiresAt: number): number[] {
  const ttl = expiresAt - setAt;
  const leads = LEADS.filter((lead) => lead <= ttl / 2);
  return (leads.length > 0 ? leads : [ttl / 10]).map((lead) => expiresAt - lead);
}

/** A deployment as the one who looks after its expiry sees it. */
export interface ExpiringDeployment {
  readonly status: DeploymentStatus;
  readonly conditions: readonly Condition[];
  /** Null when it does not expire. */
  readonly expiresAt: number | null;
  readonly setAt: number;
  /** The time for which somebody was to look; warnings before it were told, or are past. Undefined at the first look. */
  readonly lookAt: number | undefined;
}

export interface ExpiryDecision {
  readonly tell: { readonly type: EventType; readonly data: JsonObject; readonly condition: NewCondition } | undefined;
  /** It is over: delete it now. */
  readonly isOver: boolean;
  /** Null when nobody needs to look again. */
  readonly lookAt: number | null;
}

const NOTHING_LEFT: ExpiryDecision = { tell: undefined, isOver: false, lookAt: null };
/** How soon somebody looks whether what was ordered was done; the one who ordered may have died in between. */
const LOOK_AFTER_ORDER_MS = MINUTE;
const LOOK_DURING_DELETE_MS = 10 * MINUTE;
/** A delete that failed is tried again, but not so often that it fills the log. */
const LOOK_AFTER_FAILURE_MS = HOUR;

/**
 * What to do about a deployment's expiry.
 * @param written `expiresAt` in RFC 3339, for people
 */
export function decideExpiry(deployment: ExpiringDeployment, now: number, written: string): ExpiryDecision {
  const { status, expiresAt, setAt, lookAt = Number.NEGATIVE_INFINITY } = deployment;
  if (expiresAt === null || status === 'DELETED') return NOTHING_LEFT;
  if (now >= expiresAt) return end(deployment, now, written);
  // Being deleted already, because somebody asked: then no warning.
  if (status === 'DELETING') return { ...NOTHING_LEFT, lookAt: now + LOOK_DURING_DELETE_MS };
  const times = warningTimes(setAt, expiresAt);
  const isDue = times.some((time) => time >= lookAt && time <= now);
  const next = times.find((time) => time > now) ?? expiresAt;
  return { tell: isDue ? warning(expiresAt - now, written) : undefined, isOver: false, lookAt: next };
}

function end({ status, conditions }: ExpiringDeployment, now: number, written: string): ExpiryDecision {
  if (status === 'DELETING') return { ...NOTHING_LEFT, lookAt: now + LOOK_DURING_DELETE_MS };
  const wasTold = isExpired(conditions);
  const wait = wasTold && status === 'FAILED' ? LOOK_AFTER_FAILURE_MS : LOOK_AFTER_ORDER_MS;
  return { tell: wasTold ? undefined : expired(written), isOver: true, lookAt: now + wait };
}

const EXPIRED = 'Expired';

/** Whether its end was told: from then on it is being deleted, and cannot be extended. */
export function isExpired(conditions: readonly Condition[]): boolean {
  return conditions.some(({ type, status, reason }) => type === 'Expiring' && status === 'True' && reason === EXPIRED);
}

function warning(leftMs: number, written: string): NonNullable<ExpiryDecision['tell']> {
  const left = writeTtl(Math.round(leftMs / 1000) * 1000);
  const message = `it is deleted in ${left}, at ${written}, unless it is extended`;
  return {
    type: 'deployment.expiring',
    data: { expires_at: written, left },
    condition: { type: 'Expiring', status: 'True', reason: 'EndIsNear', message },
  };
}

function expired(written: string): NonNullable<ExpiryDecision['tell']> {
  const message = `its time ended at ${written}: it is being deleted`;
  return {
    type: 'deployment.expired',
    data: { expires_at: written },
    condition: { type: 'Expiring', status: 'True', reason: EXPIRED, message },
  };
}
