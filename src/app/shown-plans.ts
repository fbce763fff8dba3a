/**
 * Applying exactly what was shown: a dry run remembers its plan with what it was made from, and taking it up later compares
 * that with what is now. A plan is applied as it was shown, or refused with the difference.
 */

import { canonicalJson } from '../domain/canonical-json.ts';
import { comparePlans, type NodeDifference } from '../domain/compare-plans.ts';
import type { Deployment, RunKind } from '../domain/deployment.ts';
import { type Fault, GroundworkError } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { Plan } from '../domain/plan.ts';
import type { Resource } from '../domain/resource.ts';
import { saysTheSame } from '../domain/says-the-same.ts';
import type { NewShownPlan, PlanBasis, StoredPlan } from '../ports/plan-store.ts';
import type { AcceptGuard } from '../ports/store.ts';
import type { AppDependencies } from './dependencies.ts';

const KEPT_SECONDS = 3_600;
const MOST_FAULTS = 50;

type Dependencies = Pick<AppDependencies, 'store' | 'ids'>;

/** What a plan is made from, to be compared when it is applied. */
export interface Basis {
  readonly template: { readonly name: string; readonly version: number };
  /** Of the deployment, living or to be; what a person can have changed. */
  readonly wanted: Json;
  /** Living resources; none for a new deployment. */
  readonly ledger: readonly Resource[];
}

/** @returns as the contract shows it */
export async function rememberPlan(
  { store, ids }: Dependencies,
  shown: Omit<NewShownPlan, 'id' | 'basis'> & { readonly basis: Basis },
): Promise<{ plan_id: string; plan_expires_at: string }> {
  const id = ids.newId();
  const { expiresAt } = await store.plans.remember({ ...shown, id, basis: hashed(ids, shown.basis) }, KEPT_SECONDS);
  return { plan_id: id, plan_expires_at: expiresAt };
}

export interface PlanToTake {
  readonly planId: string;
  readonly kind: RunKind;
  /** Absent for a plan that creates one. */
  readonly deploymentId?: string;
  /** The body that came with the order to apply; it must say what the shown request said. */
  readonly request?: JsonObject | undefined;
  /** Plans the shown request anew, as of now. */
  readonly replan: (shown: StoredPlan) => Promise<{ readonly plan: Plan; readonly basis: Basis }>;
}

export interface TakenPlan {
  readonly shown: StoredPlan;
  /** To be called in the transaction that accepts the run. @throws GroundworkError plan_applied */
  readonly claim: AcceptGuard;
}

/** @throws GroundworkError not_found, plan_applied, plan_stale, invalid_request, and what `replan` throws */
export async function takePlan(dependencies: Dependencies, order: PlanToTake): Promise<TakenPlan> {
  const { store, ids } = dependencies;
  const shown = await findPlan(dependencies, order);
  if (order.request !== undefined && !saysTheSame(order.request, shown.request)) throw otherRequest();
  const now = await order.replan(shown);
  const faults = [
    ...movedBasis(shown.basis, hashed(ids, now.basis)),
    ...comparePlans(shown.plan, now.plan).map(differenceFault),
  ];
  if (faults.length > 0) {
    const detail = `since the plan ${shown.id} was shown, ${faults[0]?.detail}`;
    throw new GroundworkError('plan_stale', detail, { faults: faults.slice(0, MOST_FAULTS) });
  }
  const claim: AcceptGuard = async (transaction) => {
    if (!(await store.plans.claim(transaction, shown.id))) throw applied(shown.id);
  };
  return { shown, claim };
}

/** What of a living deployment decides what a change comes to. */
export function wantedOfDeployment({ parameters, overrides, failurePolicy }: Deployment): Json {
  return { parameters, overrides, failure_policy: failurePolicy };
}

async function findPlan({ store }: Dependencies, { planId, kind, deploymentId }: PlanToTake): Promise<StoredPlan> {
  const shown = await store.plans.get(planId);
  const isMeant = shown?.kind === kind && (deploymentId === undefined || shown.deploymentId === deploymentId);
  if (!shown || !isMeant) {
    const detail = `there is no plan ${planId} for this request`;
    throw new GroundworkError('not_found', detail, {
      remedy: 'Ask for a dry run of this very request; it answers with a plan_id.',
    });
  }
  if (shown.appliedAt !== null) throw applied(planId);
  if (shown.isExpired)
    throw new GroundworkError('plan_stale', `the plan ${planId} expired at ${shown.expiresAt}`, {
      remedy: 'Ask for a new dry run.',
    });
  return shown;
}

function applied(planId: string): GroundworkError {
  return new GroundworkError('plan_applied', `the plan ${planId} was applied already, or has just expired`);
}

function otherRequest(): GroundworkError {
  const detail = 'the body is not that of the request whose plan was shown';
  const remedy = 'Leave the body out, or send the one of the dry run.';
  return new GroundworkError('invalid_request', detail, { faults: [{ pointer: '', detail, remedy }] });
}

const ASK_AGAIN = 'Ask for a new dry run and look at it.';

function movedBasis(shown: PlanBasis, now: PlanBasis): Fault[] {
  const moved: Fault[] = [];
  if (shown.templateVersion !== now.templateVersion || shown.template !== now.template) {
    const value = { template: now.template, shown: shown.templateVersion, now: now.templateVersion };
    const detail = `the template ${now.template} moved from version ${shown.templateVersion} to ${now.templateVersion}`;
    moved.push({ pointer: '/template', detail, value, remedy: ASK_AGAIN });
  }
  if (shown.wanted !== now.wanted)
    moved.push({ pointer: '', detail: 'what is wanted of the deployment was changed', remedy: ASK_AGAIN });
  if (shown.ledger !== now.ledger)
    moved.push({ pointer: '', detail: 'the resources of the deployment have changed', remedy: ASK_AGAIN });
  return moved;
}

function differenceFault(difference: NodeDifference): Fault {
  return {
    pointer: `plan/${difference.key}`,
    detail: sayDifference(difference),
    value: JSON.parse(JSON.stringify(difference)) as Json, // plain data
    remedy: ASK_AGAIN,
  };
}

function sayDifference(difference: NodeDifference): string {
  const { key } = difference;
  if (difference.difference === 'changed') {
    const fields = difference.fields.map(({ field }) => field).join(', ');
    return `${key} would be done with another ${fields}`;
  }
  const verb = difference.difference === 'added' ? 'came into the plan' : 'is not in the plan any more';
  return `${key} (${difference.action}) ${verb}`;
}

function hashed(ids: Dependencies['ids'], { template, wanted, ledger }: Basis): PlanBasis {
  return {
    template: template.name,
    templateVersion: template.version,
    wanted: ids.hash(canonicalJson(wanted)),
    ledger: ids.hash(canonicalJson(ledger.map(ledgerState).toSorted((a, b) => (a.key < b.key ? -1 : 1)))),
  };
}

/** What of a resource decides about plans: not when it was touched, nor by which run. */
function ledgerState({ key, generation, kind, state, providerId, wanted, dependsOn }: Resource) {
  return { key, generation, kind, state, providerId, wanted, dependsOn: [...dependsOn] };
}
