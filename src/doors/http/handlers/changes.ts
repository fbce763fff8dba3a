/** Changes of a living deployment: requests in, use cases called, answers out. */

import type { App } from '../../../app/app.ts';
import type { Handlers } from '../handler.ts';

type ChangeHandlers = Pick<Handlers, 'scaleDeployment' | 'updateDeployment'>;

export function changeHandlers(app: App): ChangeHandlers {
  return {
    scaleDeployment: async ({ caller, params, body, query }) =>
      answered(await app.scaleDeployment(caller, params.id, body, optionsOf(query))),
    updateDeployment: async ({ caller, params, body, query }) =>
      answered(await app.updateDeployment(caller, params.id, body, optionsOf(query))),
  };
}

function optionsOf(query: { dry_run: boolean; plan_id?: string; skip_checks: boolean }) {
  const { dry_run: dryRun, plan_id: planId, skip_checks: skipChecks } = query;
  return { dryRun, skipChecks, ...(planId === undefined ? {} : { planId }) };
}

type Answer = Awaited<ReturnType<App['scaleDeployment']>>;

function answered(change: Answer) {
  return change.started
    ? ({ status: 202, body: change.answer } as const)
    : ({ status: 200, body: change.answer } as const);
}
