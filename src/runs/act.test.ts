import { beforeEach, describe, expect, it } from 'vitest';
import type { Event } from '../domain/event.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Actor, ActOutcome } from '../ports/actor.ts';
import type { StepContext } from '../ports/engine.ts';
import type { RunNode } from '../ports/run-store.ts';
import { StoreUnavailable } from '../ports/store.ts';
import { act, type ActWork } from './act.ts';

interface Written {
  state: string;
  attempt?: number;
  detail?: string;
  error?: JsonObject;
}

const DONE: ActOutcome = { result: { exit_code: 0 } };

let events: Event[];
let nodes: Written[];
let results: JsonObject[];
let calls: string[];
let stop: AbortController;
let cancel: AbortController;
/** What the next writes of an event meet. */
let outages: ('before' | 'after')[];

beforeEach(() => {
  [events, nodes, results, calls, outages] = [[], [], [], [], []];
  [stop, cancel] = [new AbortController(), new AbortController()];
});

function recordEvent(_: unknown, { type, data = {} }: { type: Event['type']; data?: JsonObject }): void {
  const outage = outages.shift();
  if (outage === 'before') throw new StoreUnavailable('gone');
  events.push({ seq: events.length + 1, at: '', type, runId: 'run', key: 'playbook', data: { ...data } });
  if (outage === 'after') throw new StoreUnavailable('gone');
}

function actor(more: Partial<Actor> = {}): Actor {
  return {
    kind: 'test.deed',
    act: async ({ attempt }) => {
      calls.push(`act ${attempt}`);
      return DONE;
    },
    recover: async () => {
      calls.push('recover');
      return undefined;
    },
    classify: (error) => ({ class: 'permanent', type: 'Broken', message: String(error) }),
    ...more,
  };
}

/** @param begun how an earlier worker left the node */
function work(
  deed: Actor,
  { begun, idempotent = true }: { begun?: Partial<RunNode>; idempotent?: boolean } = {},
): ActWork {
  const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
  const standing = begun === undefined ? [] : [{ phase: 'forward', key: 'playbook', attempt: 1, ...begun }];
  const store = {
    runs: {
      nodes: async () => standing,
      recordResult: async (_: unknown, result: JsonObject) => void results.push(result),
    },
    ledger: {
      recordNode: async (...[, , , change]: [unknown, unknown, unknown, Written]) => void nodes.push(change),
      recordEvent: async (...given: Parameters<typeof recordEvent>) => recordEvent(...given),
    },
    events: {
      heads: async () => new Map([['deployment', { last: 0, active: true }]]),
      list: async (_: string, after: number) => events.filter(({ seq }) => seq > after),
    },
  };
  const context = {
    signal: stop.signal,
    cancelRequested: cancel.signal,
    confirm: async () => {},
  } as unknown as StepContext;
  return {
    dependencies: { store, actors: new Map([[deed.kind, deed]]), log: silent },
    execution: { run: { id: 'run', deploymentId: 'deployment' }, lease: { runId: 'run', fence: 1 }, log: silent },
    phase: 'forward',
    node: { key: 'playbook', action: 'act', kind: 'test.deed', region: 'here', wanted: { idempotent }, dependsOn: [] },
    context,
  } as unknown as ActWork; // the parts that an act uses
}

describe('a deed', () => {
  it('is recorded as begun, done once, and recorded with its result', async () => {
    expect(await act(work(actor()))).toBe('done');
    expect(nodes.map(({ state }) => state)).toEqual(['running', 'done']);
    expect([calls, results]).toEqual([['act 1'], [{ exit_code: 0 }]]);
  });

  it('that fails keeps its result', async () => {
    const failure = { class: 'permanent', type: 'TasksFailed', message: 'no' } as const;
    const failing = actor({ act: async () => ({ result: { exit_code: 2 }, failure }) });
    expect(await act(work(failing))).toBe('failed');
    expect([results, nodes.at(-1)]).toMatchObject([[{ exit_code: 2 }], { state: 'failed', error: failure }]);
  });

  it('that throws fails as its actor says', async () => {
    const broken = actor({ act: () => Promise.reject(new Error('x')) });
    expect(await act(work(broken))).toBe('failed');
    expect(nodes.at(-1)).toMatchObject({ state: 'failed', error: { type: 'Broken' } });
  });

  it('that nobody can do fails', async () => {
    const one = work(actor());
    expect(await act({ ...one, node: { ...one.node, kind: 'test.other' } })).toBe('failed');
    expect(nodes).toMatchObject([{ state: 'failed', error: { type: 'ActorNotConfigured' } }]);
  });
});

describe('a deed that an earlier worker began', () => {
  it('is begun anew when that is as good as once', async () => {
    expect(await act(work(actor(), { begun: { state: 'running' } }))).toBe('done');
    expect([calls, nodes[0]]).toMatchObject([['recover', 'act 2'], { state: 'running', attempt: 2 }]);
  });

  it('is not begun anew when it is not, and says so', async () => {
    expect(await act(work(actor(), { begun: { state: 'running' }, idempotent: false }))).toBe('failed');
    expect([calls, nodes.at(-1)]).toMatchObject([['recover'], { state: 'failed', error: { type: 'Interrupted' } }]);
  });

  it.each([true, false])('is taken for what it is when it had ended (idempotent: %s)', async (idempotent) => {
    const ended = actor({ recover: async () => DONE });
    expect(await act(work(ended, { begun: { state: 'running' }, idempotent }))).toBe('done');
    expect([calls, results]).toEqual([[], [DONE.result]]);
  });

  it('is told what was told last', async () => {
    recordEvent(null, { type: 'play.output', data: { attempt: 1, position: 1 } });
    recordEvent(null, { type: 'play.output', data: { attempt: 1, position: 2 } });
    let last: JsonObject | undefined;
    const asked = actor({ recover: async (_order, _context, told) => ((last = told.get('play.output')), undefined) });
    await act(work(asked, { begun: { state: 'running' } }));
    expect(last).toEqual({ attempt: 1, position: 2 });
  });
});

describe('a deed during an outage of the database', () => {
  const telling = () =>
    actor({
      act: async (_, { tell }) => {
        for (const n of [1, 2, 3]) await tell('play.output', { n });
        return DONE;
      },
    });

  it.each([[['before', 'before']], [['after']], [['before', 'after', 'before']]] as const)(
    'goes on and tells everything once, in order (%j)',
    async (met) => {
      outages = [...met];
      expect(await act(work(telling()))).toBe('done');
      expect(events.map(({ data }) => data['n'])).toEqual([1, 2, 3]);
    },
  );
});

describe('a deed that must end', () => {
  const endless = () =>
    actor({
      act: (_, { signal }) =>
        new Promise((resolve) => {
          const end = (): void =>
            resolve({ result: {}, failure: { class: 'permanent', type: 'Cancelled', message: 'cut' } });
          signal.addEventListener('abort', end, { once: true });
        }),
    });

  it('is skipped when the run is cancelled', async () => {
    const acting = act(work(endless()));
    cancel.abort();
    expect(await acting).toBe('skipped');
    expect(nodes.at(-1)).toMatchObject({ state: 'skipped', detail: expect.stringContaining('cancelled') });
  });

  it('has no outcome when the worker goes: the next one finds it', async () => {
    const acting = act(work(endless()));
    stop.abort(new Error('stopping'));
    await expect(acting).rejects.toThrow('stopping');
    expect(nodes.filter(({ state }) => state !== 'running')).toEqual([]);
  });

  it('that was done before the cancel came is done', async () => {
    const quick = actor({
      act: async () => {
        cancel.abort();
        return DONE;
      },
    });
    expect(await act(work(quick))).toBe('done');
  });
});
