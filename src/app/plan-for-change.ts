/**
 * From a wanted change to its run: the new configuration, the plan that leads to it, and the run. Showing it, starting it and
 * finding out that there is nothing to do all go this way.
 */

import type { ChangeAccepted, ChangeShown } from '../contract/change.ts';
import { STATUS_DURING } from '../domain/conclude-run.ts';
import type { Deployment, Target } from '../domain/deployment.ts';
import { type Fault, GroundworkError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { FailurePolicy, Plan } from '../domain/plan.ts';
import { planChange } from '../domain/plan-change.ts';
import type { Template } from '../domain/template.ts';
import { configure } from './configuration.ts';
import type { AppDependencies } from './dependencies.ts';
import { assertAtRest, lookAgain, startRun, toPlan, whatIsKnown } from './further-run.ts';
import { showPlan } from './show-plan.ts';

export interface ChangeOptions {
  readonly dryRun: boolean;
}

export interface WantedChange {
  readonly kind: 'scale' | 'update';
  readonly operation: ChangeShown['operation'];
  readonly parameters: JsonObject;
  readonly overrides: JsonObject;
  /** Default: that of the deployment. */
  readonly failurePolicy?: FailurePolicy;
  readonly maxUnavailable?: number;
  /** Inputs, for the run's record. */
  readonly request: JsonObject;
  /** Shown beside the operation. */
  readonly told: Pick<ChangeShown, 'vm_type' | 'previous_count' | 'target_count'>;
  /** Puts a fault of the configuration where the request caused it. */
  readonly locate: (fault: Fault) => Fault;
}

export type ChangeAnswer =
  | { readonly started: true; readonly answer: ChangeAccepted }
  | { readonly started: false; readonly answer: ChangeShown };

/**
 * @param wish what is wanted of the deployment as it is
 * @throws GroundworkError not_found, run_in_progress, not_possible_now, invalid_parameters, unknown_region
 */
export async function changeDeployment(
  dependencies: AppDependencies,
  id: string,
  { dryRun }: ChangeOptions,
  wish: (deployment: Deployment, template: Template) => WantedChange,
): Promise<ChangeAnswer> {
  return lookAgain(dependencies, id, async (deployment, run): Promise<ChangeAnswer | undefined> => {
    assertAtRest(deployment, run, 'be changed');
    const template = await templateOf(dependencies, deployment);
    const change = wish(deployment, template);
    const { target, plan } = await planFor(dependencies, deployment, template, change);
    const { kind, operation, request, told } = change;
    if (dryRun) return { started: false, answer: { id, operation, ...told, plan: showPlan(plan) } };
    if (plan.nodes.length === 0 && saysNothingNew(deployment, target)) {
      return { started: false, answer: { id, operation: 'none', ...told } };
    }
    const status = STATUS_DURING[kind];
    const runId = await startRun(dependencies, deployment, run, { kind, status, plan, target, request });
    return runId === undefined
      ? undefined
      : { started: true, answer: { id, run_id: runId, status, operation, ...told } };
  });
}

/** What is wanted of it now, as far as a request may change it. */
export function wantedOf({ parameters, overrides }: Deployment): Pick<Target, 'parameters' | 'overrides'> {
  return { parameters, overrides };
}

async function templateOf({ store }: AppDependencies, deployment: Deployment): Promise<Template> {
  const { templateName: name, templateVersion: version } = deployment;
  const template = await store.templates.get(name, version);
  if (!template) throw new GroundworkError('unknown_template', `version ${version} of the template ${name} is gone`);
  return template;
}

async function planFor(
  dependencies: AppDependencies,
  deployment: Deployment,
  template: Template,
  change: WantedChange,
): Promise<{ target: Target; plan: Plan }> {
  const { cloud, ...owner } = toPlan(dependencies, deployment);
  const known = await whatIsKnown(dependencies, deployment, cloud);
  const { parameters, overrides, maxUnavailable, failurePolicy = deployment.failurePolicy } = change;
  const config = configure(template, { parameters, overrides }, dependencies.limits, change.locate);
  const plan = planChange({ ...owner, failurePolicy }, config, {
    ...known,
    ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
  });
  return { target: { parameters, overrides, config }, plan };
}

function saysNothingNew(deployment: Deployment, target: Target): boolean {
  return (['parameters', 'overrides'] as const).every(
    (part) => JSON.stringify(deployment[part]) === JSON.stringify(target[part]),
  );
}
