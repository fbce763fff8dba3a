/**
 * Driver: how one kind of resource comes to exist in one region. A driver only answers questions and makes single
 * calls; looking first, recording intent, retrying, waiting and fencing are done once for all kinds in `runs/`.
 */

import type { Difference } from '../domain/difference.ts';
import type { Failure } from '../domain/failure.ts';
import type { Check, Quotas, Uses } from '../domain/feasibility.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { OwnerMark } from '../domain/owner-mark.ts';

export interface CallContext {
  /** Aborts when the step runs out of time or the worker must stop. */
  readonly signal: AbortSignal;
  /**
   * To be awaited by the client immediately before a call that changes something leaves the process (after any queue
   * or limiter), so that a worker that was frozen and replaced does not act on old orders.
   * @throws LeaseLost
   */
  readonly beforeEffect: () => Promise<void>;
  /** A person waits for the answer: it goes before what is built in the background. */
  readonly isAwaited?: boolean;
}

/** An object in the cloud that carries an owner mark. */
export interface Found {
  readonly providerId: string;
  readonly mark: OwnerMark;
  /** Driver kind. */
  readonly kind: string;
  /** RFC 3339; the oldest of several with the same mark is the one to keep. */
  readonly createdAt: string;
}

/** The driver's own reading of an object; only the driver that made it looks inside. */
export type Observed = JsonObject;

export type Assessment =
  | { readonly state: 'ready'; readonly outputs: JsonObject }
  /** `detail` is for a person: the cloud's own state words. */
  | { readonly state: 'pending'; readonly detail: string }
  | { readonly state: 'failed'; readonly failure: Failure };

export interface ResourceRef {
  readonly providerId: string;
  readonly mark: OwnerMark;
  /** Resolved wanted state from the ledger; identifies objects whose id alone does not (an interface of a router). */
  readonly wanted: JsonObject;
}

export interface Created {
  readonly providerId: string;
  /** What the create call itself answered, when it tells enough for `assess`. */
  readonly observed?: Observed;
}

/** What a driver says about a wanted state before anything is made. */
export interface Outlook {
  readonly checks: readonly Check[];
  /** What it will take of the region's quotas; empty when that cannot be told. */
  readonly uses: Uses;
}

export interface Estimate {
  /** Typical duration until ready, in milliseconds, when there is no history. */
  readonly createMs: number;
  readonly deleteMs: number;
}

export interface Change {
  readonly wanted: JsonObject;
  readonly observed: Observed;
  /** As `compare` gave them; at least one. */
  readonly differences: readonly Difference[];
}

export interface Driver {
  /** `<provider>.<noun>`, for example `openstack.server`. */
  readonly kind: string;
  /** Time limit for one resource from first call to ready, in milliseconds (default 5 minutes). */
  readonly timeoutMs?: number;
  /** JSON Schema of the wanted state. */
  readonly schema: Json;
  /** Everything of this kind that carries a mark of this owner: few list calls. */
  find(owner: string, ctx: CallContext): Promise<Found[]>;
  /** One call that makes it, the mark included. */
  create(wanted: JsonObject, mark: OwnerMark, ctx: CallContext): Promise<Created>;
  /** Current facts of many by few list calls; a ref that is not in the answer does not exist. */
  observe(refs: readonly ResourceRef[], ctx: CallContext): Promise<Map<string, Observed>>;
  /** Pure reading of what was observed. */
  assess(wanted: JsonObject, observed: Observed): Assessment;
  /** Fields of the wanted state that `update` can change on a living object; a change of any other needs a new object. */
  readonly updatable?: readonly string[];
  /**
   * Pure: how an object that is at rest differs from what is wanted. Empty while the cloud is still changing it, so that
   * everything in it can be acted upon.
   * @param outputs facts of the time when it was last known to be right
   */
  compare?(wanted: JsonObject, observed: Observed, outputs: JsonObject): Difference[];
  /** One call that brings a living object closer to what is wanted; asked again, after a look, while differences remain. */
  update?(ref: ResourceRef, change: Change, ctx: CallContext): Promise<void>;
  /** What speaks for and against each of these wanted states; references to things that are still to be made are left in them. */
  feasibility?(wanted: readonly JsonObject[], ctx: CallContext): Promise<Outlook[]>;
  /** One call; `gone` when it was not there (any more), `accepted` when it goes now or later. */
  remove(ref: ResourceRef, ctx: CallContext): Promise<'gone' | 'accepted'>;
  /** Objects that the cloud itself hung on this one and forgot (a port of a server that is gone); asked when removal is refused as in use. */
  leftBehind?(ref: ResourceRef, ctx: CallContext): Promise<{ kind: string; providerId: string }[]>;
  estimate(wanted: JsonObject): Estimate;
  /** Translates anything thrown by the calls above. */
  classify(error: unknown): Failure;
}

export interface Region {
  readonly name: string;
  /** Provider name, for example `openstack`. */
  readonly provider: string;
  driver(kind: string): Driver | undefined;
  /** Kinds that this region serves, in an order in which sweeping deletes safely (dependents first). */
  readonly kinds: readonly string[];
  /** Limits and use of what the project may have, as the cloud counts it now. */
  quotas?(ctx: CallContext): Promise<Quotas>;
  /** Everything of ours in the region, whoever its owner is: few list calls. */
  findAll?(ctx: CallContext): Promise<Found[]>;
  /** Reaches the cloud with the configured credentials. @throws with a clear sentence when it cannot. */
  ping(signal: AbortSignal): Promise<{ latencyMs: number; detail: JsonObject }>;
  close(): Promise<void>;
}

/** A worker was declared dead and its run was taken over; it must not touch anything any more. */
export class LeaseLost extends Error {
  constructor(runId: string) {
    super(`run ${runId} was taken over by another worker`);
    this.name = 'LeaseLost';
  }
}
