/**
 * What an outside call's failure means for us. Providers translate their own errors into this; the run decides by
 * `class` alone and never looks at a provider's words.
 */

import type { JsonObject } from './json.ts';

export type FailureClass =
  /** Try again: timeout before an effect, connection refused, 429, 500/502/503/504. */
  | 'transient'
  /** Trying again cannot help: quota, bad flavor, forbidden, server in ERROR. */
  | 'permanent'
  /** The request may have had its effect although no answer came: look before doing it again. */
  | 'unknown-outcome'
  /** Refused for now because another object still uses this one: wait, clear what the cloud left behind, try again. */
  | 'in-use';

export interface Failure {
  readonly class: FailureClass;
  /** Short stable name, PascalCase, for example `QuotaExceeded`, `FlavorNotFound`, `ServerError`, `Timeout`. */
  readonly type: string;
  /** One sentence for a person, which contains the cloud's own words. */
  readonly message: string;
  /** The cloud's own words alone, when it said something. */
  readonly words?: string;
  /** What a person can do about it. */
  readonly remedy?: string;
  /** The cloud's own request id, to give to its operators. */
  readonly requestId?: string;
  /** HTTP status of the refused call, when there was one. */
  readonly status?: number;
  /** From `Retry-After`, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** The failure as plain JSON for the ledger and events. */
export function failureToJson(failure: Failure): JsonObject {
  return { ...failure };
}
