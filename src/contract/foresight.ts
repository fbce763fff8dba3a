/**
 * What a dry run tells about the future, on the wire: whether it can work, how long it will take, what it will cost, and
 * what it takes of the quotas. Amounts of money are numbers whose decimal text is exact.
 */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { VERDICTS } from '../domain/feasibility.ts';
import { count, list, nullable, oneOf, shape, timestamp, uuid } from './shape.ts';

const verdict = () =>
  oneOf(VERDICTS, { description: '`unknown` is what the cloud did not tell, or not in time; it refuses nothing.' });

export const Check = shape(
  'Check',
  {
    what: Type.String({ examples: ['flavor', 'image', 'external_network', 'key_pair', 'quota', 'host_capacity'] }),
    verdict: verdict(),
    reason: Type.String(),
    remedy: Type.Optional(Type.String()),
  },
  { description: 'One question about a node, answered before anything is made.' },
);
export type Check = Static<typeof Check>;

const perHour = () => nullable(Type.Number({ description: 'Null when it cannot be told.' }));
const perMonth = () => nullable(Type.Number({ description: 'For 730 hours; null when it cannot be told.' }));

export const Cost = shape(
  'Cost',
  {
    currency: nullable(Type.String({ description: 'Null when the region has no price table.' })),
    per_hour: perHour(),
    per_month: perMonth(),
    unknown: list(Type.String(), { description: 'Flavors without a price, which is why a sum cannot be told.' }),
  },
  { description: 'What something costs, from the price table of its region.' },
);
export type Cost = Static<typeof Cost>;

export const NodeEstimate = shape(
  'NodeEstimate',
  {
    p50_ms: nullable(count()),
    p90_ms: nullable(count()),
    samples: count({ description: 'How many past nodes it comes from.' }),
    basis: oneOf(['history', 'no history']),
  },
  { description: 'How long nodes of this kind, region and action took.' },
);
export type NodeEstimate = Static<typeof NodeEstimate>;

export const QuotaVerdict = shape(
  'QuotaVerdict',
  {
    name: Type.String({ description: "The cloud's own name.", examples: ['instances', 'cores', 'ram_mb'] }),
    limit: nullable(Type.Number({ description: 'Null: no limit, or not told.' })),
    used: nullable(Type.Number({ description: 'As the cloud counts it; null when it does not tell.' })),
    reserved: Type.Number({ description: 'By accepted runs, and not counted by the cloud yet.' }),
    needed: Type.Number({ description: 'By this plan.' }),
    verdict: verdict(),
  },
  { description: 'What a plan takes of one quota, and whether it fits.' },
);
export type QuotaVerdict = Static<typeof QuotaVerdict>;

export const BudgetVerdict = shape(
  'BudgetVerdict',
  {
    of: oneOf(['deployment', 'region']),
    amount_per_month: Type.Number(),
    currency: Type.String(),
    running_per_month: perMonth(),
    accepted_per_month: perMonth(),
    added_per_month: perMonth(),
    sum_per_month: perMonth(),
    verdict: oneOf(['pass', 'fail']),
    reason: Type.String(),
  },
  { description: 'What runs now, what is accepted and what the plan adds, against a budget.' },
);
export type BudgetVerdict = Static<typeof BudgetVerdict>;

export const PlanDuration = shape(
  'PlanDuration',
  {
    p50_ms: count({ description: 'The critical path; usual durations stand in where there is no history.' }),
    p90_ms: nullable(count({ description: 'Null when a node has no history.' })),
    without_history: list(Type.String(), { description: 'Kind and action.' }),
  },
  { description: 'How long the whole plan will take.' },
);
export type PlanDuration = Static<typeof PlanDuration>;

/** Of a node of a shown plan. */
export const nodeForesight = {
  checks: Type.Optional(list(Check)),
  estimate: Type.Optional(NodeEstimate),
  cost: Type.Optional(nullable(Cost)),
};

/** Of a shown plan as a whole. */
export const planForesight = {
  verdict: Type.Optional(verdict()),
  duration: Type.Optional(PlanDuration),
  quota: Type.Optional(list(QuotaVerdict)),
  cost: Type.Optional(Cost),
  cost_today: Type.Optional(Cost),
  cost_difference: Type.Optional(Cost),
  budgets: Type.Optional(list(BudgetVerdict)),
};

/** By which a shown plan can be applied. */
export const shownPlanId = {
  plan_id: Type.Optional(
    uuid({ description: 'Apply exactly this plan with `?plan_id=`, once and until `plan_expires_at`.' }),
  ),
  plan_expires_at: Type.Optional(timestamp()),
};

/** Query parameters of a request that is planned and accepted. */
export const acceptanceQuery = {
  skip_checks: Type.Optional(
    Type.Boolean({
      description:
        'Go on although the plan surely cannot work or exceeds a quota. Budgets are kept all the same. What it takes is still reserved.',
    }),
  ),
  plan_id: Type.Optional(
    uuid({
      description:
        'Apply exactly the plan that a dry run showed. The body must say what the shown request said; only POST /deployments may leave it out.',
    }),
  ),
};

/** What one deployment may cost. */
export const BudgetOrder = shape(
  'Budget',
  {
    amount_per_month: Type.Number({ minimum: 0, maximum: 1_000_000_000_000 }),
    currency: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217.', examples: ['EUR'] }),
  },
  {
    description:
      'The most that may run, in money. A plan that adds cost beyond it, or cost that cannot be told, is refused.',
  },
);
