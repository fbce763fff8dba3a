/**
 * Gates hold a chosen call at a chosen instant, so that a crash test can kill the client exactly there.
 *
 * A gate of phase `before` holds the call before its effect, one of phase `after` between effect and answer. Opening
 * the gate lets the call go on. If its client is gone by then, a held `before` call is dropped, as a request is that
 * never left a dead machine's buffers; with `late: true` it still has its effect, as a request does that was already
 * under way. A gate catches its call once (`times` for more) and stays listed until it is deleted.
 */
import { matches, readMatch, showMatch, Turns, type Match, type NameOf } from './match.ts';
import { isObject, type Call, type JsonObject } from './wire.ts';

export type Phase = 'before' | 'after';

interface Held {
  readonly call: JsonObject;
  /** Whether the client has given up. */
  readonly gone: () => boolean;
  readonly open: () => void;
}

export interface Gate {
  readonly id: string;
  readonly match: Match;
  readonly turns: Turns;
  readonly phase: Phase;
  readonly late: boolean;
  readonly held: Set<Held>;
}

export class Gates {
  readonly #gates = new Map<string, Gate>();
  readonly #watchers = new Set<() => void>();
  #count = 0;

  /** Adds `{match?, nth?, times?, phase, late?}`; throws an Error with a sentence when it makes no sense. */
  add(wanted: unknown): Gate {
    if (!isObject(wanted)) throw new Error('a gate is an object {match, nth, phase, late}');
    const phase = wanted['phase'] ?? 'before';
    if (phase !== 'before' && phase !== 'after') throw new Error('phase must be before or after');
    const gate: Gate = {
      id: `gate-${++this.#count}`,
      match: readMatch(wanted['match']),
      turns: new Turns(wanted['nth'], wanted['times']),
      phase,
      late: wanted['late'] === true,
      held: new Set(),
    };
    this.#gates.set(gate.id, gate);
    return gate;
  }

  /**
   * The gates this call has to pass. Asked once a call, before its effect, because an effect changes names and a
   * gate counts each call once.
   */
  onCall(call: Call, nameOf: NameOf): Gate[] {
    if (this.#gates.size === 0) return [];
    return [...this.#gates.values()].filter(
      (gate) => !gate.turns.spent && matches(gate.match, call, nameOf) && gate.turns.take(),
    );
  }

  /** Resolves when the gate is opened; at once if it was opened before the call reached it. */
  hold(gate: Gate, call: JsonObject, gone: () => boolean): Promise<void> {
    if (this.#gates.get(gate.id) !== gate) return Promise.resolve();
    return new Promise((resolve) => {
      gate.held.add({ call, gone, open: resolve });
      for (const watcher of this.#watchers) watcher();
    });
  }

  /** Opens and forgets a gate. */
  remove(id: string): boolean {
    const gate = this.#gates.get(id);
    if (gate === undefined) return false;
    this.#gates.delete(id);
    for (const held of gate.held) held.open();
    gate.held.clear();
    return true;
  }

  clear(): void {
    for (const id of [...this.#gates.keys()]) this.remove(id);
  }

  list(): JsonObject[] {
    return [...this.#gates.values()].map(showGate);
  }

  /** Resolves when some gate holds a call, or after so many milliseconds. */
  reached(milliseconds: number): Promise<void> {
    const holding = (): boolean => [...this.#gates.values()].some((gate) => gate.held.size > 0);
    if (holding() || milliseconds <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      this.#watchers.add(done);
    });
  }

  /** Lets everybody go: for closing. */
  close(): void {
    this.clear();
    for (const watcher of this.#watchers) watcher();
  }
}

export function showGate(gate: Gate): JsonObject {
  const { nth, times, seen } = gate.turns;
  return {
    id: gate.id,
    match: showMatch(gate.match),
    nth,
    times,
    seen,
    phase: gate.phase,
    late: gate.late,
    reached: gate.held.size > 0,
    calls: [...gate.held].map((held) => ({ ...held.call, gone: held.gone() })),
  };
}
