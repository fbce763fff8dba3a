/**
 * Actor: how something is done that leaves nothing to own, such as a playbook run. Unlike a driver's create, a deed cannot
 * be looked for afterwards in a cloud; what became of an earlier attempt can only be asked of the actor itself.
 *
 * When the deed may begin, may be repeated, and where its result goes is decided once for all kinds in `runs/act.ts`.
 */

import type { EventType } from '../domain/event.ts';
import type { Failure } from '../domain/failure.ts';
import type { JsonObject } from '../domain/json.ts';

export interface ActOrder {
  /** Id of the deployment on whose behalf it is done. */
  readonly owner: string;
  readonly runId: string;
  readonly key: string;
  readonly region: string;
  readonly wanted: JsonObject;
  /** Counts from 1; grows with every worker that begins the deed anew. */
  readonly attempt: number;
}

export interface ActContext {
  /**
   * Aborts when the deed must end at once: an ordered cancel, a lost lease, a stopping server. The actor then ends all that
   * it started before it settles.
   */
  readonly signal: AbortSignal;
  /** To be awaited right before the deed begins. @throws LeaseLost */
  readonly confirm: () => Promise<void>;
  /**
   * Records an event of the run, after all those told before; waits while the database is away.
   * @throws LeaseLost, or the signal's reason
   */
  readonly tell: (type: EventType, data: JsonObject) => Promise<void>;
}

export interface ActOutcome {
  /** For a machine: what the run shows as its result, also of a deed that failed. */
  readonly result: JsonObject;
  /** Absent when the deed succeeded. */
  readonly failure?: Failure;
}

export interface Actor {
  /** `<provider>.<noun>`, for example `ansible.playbook`. */
  readonly kind: string;
  /** Does it, within a time limit of its own. Everything that it started has ended when this settles. */
  act(order: ActOrder, context: ActContext): Promise<ActOutcome>;
  /**
   * Before anything is begun anew: ends what an earlier attempt left running on this machine, and tells what it had not told.
   * @param lastTold the data of the last event that earlier attempts told, by type
   * @returns the outcome when an earlier attempt had come to its end before its worker died
   */
  recover(
    order: ActOrder,
    context: ActContext,
    lastTold: ReadonlyMap<EventType, JsonObject>,
  ): Promise<ActOutcome | undefined>;
  /** Translates anything thrown by the calls above. */
  classify(error: unknown): Failure;
}
