/**
 * Plans that were shown, kept so that exactly what was shown can be applied.
 */

import type { RunKind } from '../domain/deployment.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Plan } from '../domain/plan.ts';
import type { Transaction } from './engine.ts';

/** What a plan was made from. When one of these has moved, the plan is stale. */
export interface PlanBasis {
  readonly template: string;
  readonly templateVersion: number;
  /** Hash of everything else that says what is wanted: parameters, overrides, settings. */
  readonly wanted: string;
  /** Hash of the ledger of the deployment. */
  readonly ledger: string;
}

export interface NewShownPlan {
  readonly id: string;
  /** Of the run that would execute it. */
  readonly kind: RunKind;
  /** The id that it will have, for a plan that creates one. */
  readonly deploymentId: string;
  /** The body of the request, as it came. */
  readonly request: JsonObject;
  readonly plan: Plan;
  readonly basis: PlanBasis;
}

export interface StoredPlan extends NewShownPlan {
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly isExpired: boolean;
  readonly appliedAt: string | null;
}

export interface PlanStore {
  /** Keeps a plan for so many seconds, and forgets those that expired long ago. */
  remember(plan: NewShownPlan, forSeconds: number): Promise<{ expiresAt: string }>;
  get(id: string): Promise<StoredPlan | undefined>;
  /** Marks it as applied, with the transaction that accepts its run; false when it was applied before or has expired. */
  claim(transaction: Transaction, id: string): Promise<boolean>;
}
