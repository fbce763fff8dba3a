/**
 * Faults on demand, told by the admin endpoint: refusals, lost answers, slowness, and failures in a server's life.
 *
 * `drop_before` resets the connection before the effect, `answer_lost` after it; a worker that is told either cannot
 * know which it was, and that is the point. The rest is described in the README.
 */
import { matches, readMatch, showMatch, Turns, type Match, type NameOf } from './match.ts';
import { isObject, type Call, type JsonObject } from './wire.ts';

export interface Fault {
  readonly id: string;
  readonly match: Match;
  readonly turns: Turns;
  readonly action: FaultAction;
}

export interface FaultAction {
  readonly drop?: 'before' | 'after';
  readonly hang?: 'before' | 'after';
  readonly delay_ms?: number;
  readonly status?: number;
  readonly body?: unknown;
  readonly retry_after?: number | string;
  /** With `status`: the call has its effect and only the answer is replaced. */
  readonly after_effect?: boolean;
  readonly spawn_fail?: 'abort' | 'reschedule' | 'novalidhost' | 'quota';
  readonly spawn_delay_ms?: number;
  readonly destroy_fail?: boolean;
  readonly destroy_delay_ms?: number;
}

const lifeKeys = ['spawn_fail', 'spawn_delay_ms', 'destroy_fail', 'destroy_delay_ms'] as const;
const callKeys = ['delay_ms', 'status', 'body', 'retry_after', 'after_effect'] as const;

export class Faults {
  readonly #faults = new Map<string, Fault>();
  #count = 0;

  /** Adds `{match?, nth?, times?, action}`; throws an Error with a sentence when it makes no sense. */
  add(wanted: unknown): Fault {
    if (!isObject(wanted)) throw new Error('a fault is an object {match, nth, times, action}');
    const match = readMatch(wanted['match']);
    const fault: Fault = {
      id: `fault-${++this.#count}`,
      match,
      turns: new Turns(wanted['nth'], wanted['times']),
      action: readAction(wanted['action']),
    };
    this.#faults.set(fault.id, fault);
    return fault;
  }

  /** The actions that apply to this call, in the order in which they were added. */
  onCall(call: Call, nameOf: NameOf): FaultAction[] {
    if (this.#faults.size === 0) return [];
    return this.#take((fault) => !isAboutLife(fault.action) && matches(fault.match, call, nameOf));
  }

  /** The action that applies to this phase of the life of the server with this name. */
  inLife(phase: 'spawn' | 'destroy', name: string): FaultAction | undefined {
    if (this.#faults.size === 0) return undefined;
    const [first] = this.#take(
      ({ action, match }) =>
        (phase === 'spawn'
          ? (action.spawn_fail ?? action.spawn_delay_ms)
          : (action.destroy_fail ?? action.destroy_delay_ms)) !== undefined &&
        (match.name === undefined || match.name.test(name)),
    );
    return first;
  }

  remove(id: string): boolean {
    return this.#faults.delete(id);
  }

  clear(): void {
    this.#faults.clear();
  }

  list(): JsonObject[] {
    return [...this.#faults.values()].map(showFault);
  }

  #take(applies: (fault: Fault) => boolean): FaultAction[] {
    const actions: FaultAction[] = [];
    for (const fault of this.#faults.values()) {
      if (!fault.turns.spent && applies(fault) && fault.turns.take()) actions.push(fault.action);
    }
    return actions;
  }
}

export function showFault(fault: Fault): JsonObject {
  const { seen, used, nth, times } = fault.turns;
  return { id: fault.id, match: showMatch(fault.match), nth, times, seen, used, action: fault.action };
}

function isAboutLife(action: FaultAction): boolean {
  return lifeKeys.some((key) => action[key] !== undefined);
}

function readAction(value: unknown): FaultAction {
  if (typeof value === 'string') return namedAction(value);
  if (!isObject(value))
    throw new Error('action must be an object or one of drop_before, answer_lost, hang, hang_after');
  const known: readonly string[] = [...lifeKeys, ...callKeys];
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw new Error(`action.${key} is not known; use one of ${known.join(', ')}`);
  }
  if (Object.keys(value).length === 0) throw new Error('action is empty');
  return value; // keys are checked; values are the test author's own business
}

function namedAction(name: string): FaultAction {
  switch (name) {
    case 'drop_before':
      return { drop: 'before' };
    case 'answer_lost':
      return { drop: 'after' };
    case 'hang':
      return { hang: 'before' };
    case 'hang_after':
      return { hang: 'after' };
    default:
      throw new Error(`action ${name} is not one of drop_before, answer_lost, hang, hang_after`);
  }
}
