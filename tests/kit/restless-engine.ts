/**
 * An engine whose workers die right after each step, before its result is recorded: the next worker takes the run up and
 * does the step again. What a real engine does rarely and at random happens here at every single step.
 *
 * Steps of a graph run side by side as in a real engine, so a death in one of them costs its siblings their lease.
 */

import { walkGraph } from '../../src/engine/walk-graph.ts';
import { LeaseLost } from '../../src/ports/driver.ts';
import type { GraphNode, NodeDeed, RunScope, RunWorkflow, StepContext } from '../../src/ports/engine.ts';
import type { RunStore } from '../../src/ports/run-store.ts';

export interface RestlessEngine {
  /** Executes the run to its end. */
  execute(runId: string, workflow: RunWorkflow): Promise<void>;
  /** Deaths so far. */
  readonly deaths: number;
}

export function createRestlessEngine(runs: Pick<RunStore, 'claim' | 'holds'>): RestlessEngine {
  let deaths = 0;

  const takeUp = async (runId: string): Promise<StepContext & { lose: () => void }> => {
    const lease = await runs.claim(runId, `worker-${deaths}`);
    if (!lease) throw new Error(`run ${runId} has ended`);
    const lost = new AbortController();
    return {
      ...lease,
      signal: lost.signal,
      cancelRequested: new AbortController().signal,
      async confirm() {
        if (!(await runs.holds(lease))) throw new LeaseLost(runId);
      },
      lose: () => lost.abort(new LeaseLost(runId)),
    };
  };

  return {
    async execute(runId, workflow) {
      let worker = takeUp(runId);
      /** Does a deed until it ends under a lease that is still the newest one. */
      const endure = async <T>(deed: (context: StepContext) => Promise<T>): Promise<T> => {
        for (;;) {
          const context = await worker;
          try {
            const result = await deed(context);
            if (!context.signal.aborted) return result;
          } catch (error) {
            if (!context.signal.aborted && !(error instanceof LeaseLost)) throw error;
          }
        }
      };
      const die = async (): Promise<void> => {
        deaths += 1;
        const before = worker;
        worker = before.then(async (dead) => {
          const next = await takeUp(runId);
          dead.lose();
          return next;
        });
        await worker;
      };
      const twice = async <T>(name: string, deed: (context: StepContext) => Promise<T>): Promise<T> => {
        const result = await endure(deed);
        // The last step ends the run: nobody takes it up again.
        if (name === 'conclude') return result;
        await die();
        return endure(deed);
      };
      await workflow(scopeOf(runId, twice));
    },
    get deaths() {
      return deaths;
    },
  };
}

type Twice = <T>(name: string, deed: (context: StepContext) => Promise<T>) => Promise<T>;

function scopeOf(runId: string, twice: Twice): RunScope {
  return {
    runId,
    step: (name, deed) => twice(name, deed),
    async graph<T>(nodes: readonly GraphNode[], deed: NodeDeed<T>) {
      await walkGraph<T>(nodes, (key, before) => twice(key, (context) => deed(key, before, context)));
      // Whoever takes up a graph goes through all of it again.
      await twice('graph', (context) => walkGraph<T>(nodes, (key, before) => deed(key, before, context)));
    },
  };
}
