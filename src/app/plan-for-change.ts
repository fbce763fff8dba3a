/**
 * From a wanted change to its run: the new configuration, the plan that leads to it, and the run. Showing it, starting it and
 * finding out that there is nothing to do all go this way.
 */

import type { ChangeAccepted, ChangeShown } from '../contract/change.ts';
import { STATUS_DURING } from '../domain/conclude-run.ts';
import type { Budget, Deployment, Target } from '../domain/deployment.ts';
import { type Fault, GroundworkError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { locateCheck } from '../domain/locate-check.ts';
import type { FailurePolicy, Plan } from '../domain/plan.ts';
import { planChange } from '../domain/plan-change.ts';
import type { Resource } from '../domain/resource.ts';
import { saysTheSame } from '../domain/says-the-same.ts';
import type { Template } from '../domain/template.ts';
import type { Region } from '../ports/driver.ts';
import type { RunRecord } from '../ports/run-store.ts';
import { assertFeasible } from './assert-feasible.ts';
import { configure } from './configuration.ts';
import type { AppDependencies } from './dependencies.ts';
import { assertAtRest, lookAgain, startRun, toPlan, whatIsKnown } from './further-run.ts';
import { foresee } from './foresee.ts';
import { showForesight } from './show-foresight.ts';
import { type Basis, rememberPlan, takePlan, wantedOfDeployment } from './shown-plans.ts';

export interface ChangeOptions {
  readonly dryRun: boolean;
  /** Apply exactly this plan, which a dry run of the same request showed. */
  readonly planId?: string;
  /** Go on although the plan surely cannot work. */
  readonly skipChecks?: boolean;
}

export interface WantedChange {
  readonly kind: 'scale' | 'update';
  readonly operation: ChangeShown['operation'];
  readonly parameters: JsonObject;
  readonly overrides: JsonObject;
  /** Default: that of the deployment. */
  readonly failurePolicy?: FailurePolicy;
  readonly maxUnavailable?: number;
  /** Set by the same request; default: that of the deployment. */
  readonly budget?: Budget | null;
  /** The body of the request: a plan that was shown is applied for the same one only. */
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
 * @throws GroundworkError not_found, run_in_progress, not_possible_now, invalid_parameters, unknown_region, infeasible,
 *   quota_exceeded, over_budget, plan_stale, plan_applied
 */
export async function changeDeployment(
  dependencies: AppDependencies,
  id: string,
  options: ChangeOptions,
  wish: (deployment: Deployment, template: Template) => WantedChange,
): Promise<ChangeAnswer> {
  return lookAgain(dependencies, id, async (deployment, run): Promise<ChangeAnswer | undefined> => {
    assertAtRest(deployment, run, 'be changed');
    const prepared = await prepare(dependencies, deployment, wish);
    const { change, target, plan } = prepared;
    if (options.dryRun) return { started: false, answer: await show(dependencies, prepared) };
    if (plan.nodes.length === 0 && isAsItWas(deployment, target)) {
      return { started: false, answer: { id, operation: 'none', ...change.told } };
    }
    const runId = await accept(dependencies, prepared, run, options);
    if (runId === undefined) return undefined;
    const { kind, operation, told } = change;
    return { started: true, answer: { id, run_id: runId, status: STATUS_DURING[kind], operation, ...told } };
  });
}

/** Everything that the wish comes to. */
interface PreparedChange {
  readonly deployment: Deployment;
  readonly template: Template;
  readonly change: WantedChange;
  readonly target: Target;
  readonly plan: Plan;
  readonly ledger: readonly Resource[];
  readonly region: Region;
}

/** With what is foreseen of it; the plan is kept for an hour, so that exactly this one can be applied. */
async function show(dependencies: AppDependencies, prepared: PreparedChange): Promise<ChangeShown> {
  const { deployment, change, plan, region, ledger } = prepared;
  const { kind, operation, request, told } = change;
  const [foresight, remembered] = await Promise.all([
    foresee(dependencies, { region, plan, ledger, budget: budgetOf(prepared) }),
    rememberPlan(dependencies, { kind, deploymentId: deployment.id, request, plan, basis: basisOf(prepared) }),
  ]);
  return { id: deployment.id, operation, ...told, plan: showForesight(plan, foresight), ...remembered };
}

async function accept(
  dependencies: AppDependencies,
  prepared: PreparedChange,
  run: RunRecord | undefined,
  { planId, skipChecks = false }: ChangeOptions,
): Promise<string | undefined> {
  const { deployment, template, change, target, plan, region, ledger } = prepared;
  const { kind, request, told } = change;
  const taken =
    planId === undefined
      ? undefined
      : await takePlan(dependencies, {
          planId,
          kind,
          deploymentId: deployment.id,
          request,
          replan: async () => ({ plan, basis: basisOf(prepared) }),
        });
  const feasible = await assertFeasible(dependencies, {
    region,
    plan: taken?.shown.plan ?? plan,
    ledger,
    budget: budgetOf(prepared),
    skipChecks,
    locate: (key, what) => locateCheck(key, what, template.body),
  });
  return feasible.accept((guard) =>
    startRun(dependencies, deployment, run, {
      kind,
      status: STATUS_DURING[kind],
      plan: feasible.plan,
      target,
      request: { ...request, ...told },
      guard: async (transaction) => {
        await guard(transaction);
        await taken?.claim(transaction);
      },
    }),
  );
}

function budgetOf({ deployment, change }: PreparedChange): Budget | null {
  return change.budget === undefined ? deployment.budget : change.budget;
}

function basisOf({ deployment, template, ledger }: PreparedChange): Basis {
  return { template, wanted: wantedOfDeployment(deployment), ledger };
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

async function prepare(
  dependencies: AppDependencies,
  deployment: Deployment,
  wish: (deployment: Deployment, template: Template) => WantedChange,
): Promise<PreparedChange> {
  const template = await templateOf(dependencies, deployment);
  const change = wish(deployment, template);
  const { cloud, ...owner } = toPlan(dependencies, deployment);
  const known = await whatIsKnown(dependencies, deployment, cloud);
  const { parameters, overrides, maxUnavailable, failurePolicy = deployment.failurePolicy } = change;
  const config = configure(template, { parameters, overrides }, dependencies.limits, change.locate);
  const plan = planChange({ ...owner, failurePolicy }, config, {
    ...known,
    ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
  });
  const target = { parameters, overrides, config };
  return { deployment, template, change, target, plan, ledger: known.ledger, region: cloud };
}

/** Written down in another way, or not: what counts is what it comes to. */
function isAsItWas(deployment: Deployment, target: Target): boolean {
  const [now, then] = [deployment.config, target.config] as unknown as [JsonObject, JsonObject];
  return saysTheSame(now, then);
}
