/**
 * What an attempt to deliver means: delivered, to be tried again and when, or given up.
 *
 * Everything but 2xx is tried again for about a day: 5 s, doubled, at most an hour, with jitter; a receiver that names its
 * own time in `Retry-After` is obeyed. The longest pause is also how long after a receiver's return its events may wait.
 *
 * Events of one deployment wait for each other, so that a receiver gets them in order. But a receiver that answers and
 * keeps refusing one event (4xx) would never get those behind it: after a few refusals they may pass.
 */

export type SendOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** The beginning of the answer. */
      readonly body: string;
      readonly retryAfterMs?: number;
      readonly durationMs: number;
    }
  | { readonly kind: 'unanswered'; readonly reason: string; readonly durationMs: number };

export type DeliveryConclusion =
  | { readonly status: 'delivered' }
  | {
      readonly status: 'pending';
      readonly error: string;
      readonly retryInMs: number;
      /** Later events of the deployment need not wait for it any more. */
      readonly givesWay: boolean;
    }
  | { readonly status: 'dead'; readonly error: string; readonly disable: boolean };

const FIRST_MS = 5_000;
const CAP_MS = 3_600_000;
/** 10 pauses that double, then an hour each: a day. */
export const MOST_ATTEMPTS = 33;
const LONGEST_RETRY_AFTER_MS = 24 * 3_600_000;
const REFUSALS_BEFORE_GIVING_WAY = 3;

/**
 * @param attempt the attempt that just ended, from 1
 * @param random in [0, 1)
 */
export function concludeDelivery(attempt: number, outcome: SendOutcome, random: number): DeliveryConclusion {
  if (outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300) return { status: 'delivered' };
  const error = wordsOf(outcome);
  // 410: the receiver wants no more, https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
  if (outcome.kind === 'answered' && outcome.status === 410)
    return { status: 'dead', error: `${error}: the webhook was disabled`, disable: true };
  if (attempt >= MOST_ATTEMPTS)
    return { status: 'dead', error: `${error}: given up after ${attempt} attempts`, disable: false };
  const backoff = Math.min(FIRST_MS * 2 ** (attempt - 1), CAP_MS) * (0.75 + random / 2);
  const wished = outcome.kind === 'answered' ? (outcome.retryAfterMs ?? 0) : 0;
  const retryInMs = Math.round(Math.max(backoff, Math.min(wished, LONGEST_RETRY_AFTER_MS)));
  return {
    status: 'pending',
    error,
    retryInMs,
    givesWay: isRefusal(outcome) && attempt >= REFUSALS_BEFORE_GIVING_WAY,
  };
}

/** It answered, it is well, and it does not want this one. */
function isRefusal(outcome: SendOutcome): boolean {
  return outcome.kind === 'answered' && outcome.status < 500 && ![408, 425, 429].includes(outcome.status);
}

function wordsOf(outcome: SendOutcome): string {
  if (outcome.kind === 'unanswered') return outcome.reason;
  const isRedirect = outcome.status >= 300 && outcome.status < 400;
  return `the receiver answered ${outcome.status}${isRedirect ? ', and redirects are not followed' : ''}`;
}

/**
 * Milliseconds that a `Retry-After` header asks for (RFC 9110 §10.2.3: seconds, or a date); undefined when it says nothing.
 * @param now milliseconds since the epoch
 * @param parseDate of the platform
 */
export function retryAfterMs(
  header: string | undefined,
  now: number,
  parseDate: (text: string) => number,
): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const at = parseDate(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
