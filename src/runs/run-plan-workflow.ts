/**
 * The one workflow. Deploy, delete, roll back and everything to come is a plan, and this is how any plan is executed:
 * walk its graph, decide what the outcome means, undo if that is the policy, look once more for strays, and conclude.
 *
 * This file is replayed after a crash, so it may only do what is the same every time: call steps and graphs in a fixed
 * order. Everything that looks at the world is a step.
 */

import type { RunScope, RunWorkflow } from '../ports/engine.ts';
import type { NodeReport } from './execute-node.ts';
import type { RunSteps } from './run-steps.ts';

export function createRunPlanWorkflow(steps: RunSteps): RunWorkflow {
  return async (scope) => {
    try {
      await carryOut(scope, steps);
    } catch (error) {
      // A fault of our own, not the cloud's: the run must not look as if it were still going on.
      await scope.step('abandon', (context) => steps.abandon(context, String(error)));
    }
  };
}

async function carryOut(scope: RunScope, steps: RunSteps): Promise<void> {
  const plan = await scope.step('begin', (context) => steps.begin(context));
  await scope.graph<NodeReport>(plan, (key, before, context) => steps.execute('forward', key, before, context));

  const undo = await scope.step('decide', (context) => steps.decide(context));
  if (undo) {
    await scope.graph<NodeReport>(undo, (key, before, context) => steps.execute('rollback', key, before, context));
  }

  const isSwept = await scope.step('sweep', (context) => steps.sweep(context));
  await scope.step('conclude', (context) => steps.conclude(context, isSwept));
}
