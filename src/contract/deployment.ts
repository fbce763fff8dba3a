/**
 * Deployments on the wire: what is asked for, what is answered, and what a dry run shows.
 */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import {
  CONDITION_STATUSES,
  DEPLOYMENT_STATUSES,
  DRIFT_POLICIES,
  RUN_KINDS,
  RUN_PHASES,
  RUN_STATUSES,
} from '../domain/deployment.ts';
import { FAILURE_POLICIES, NODE_ACTIONS } from '../domain/plan.ts';
import { BudgetOrder, nodeForesight, planForesight, shownPlanId } from './foresight.ts';
import { displayName, plainName } from './name.ts';
import { anyJson, count, jsonObject, list, mapOf, nullable, oneOf, shape, timestamp, uuid } from './shape.ts';

const DeploymentStatus = oneOf(DEPLOYMENT_STATUSES);
const FailurePolicy = oneOf(FAILURE_POLICIES);

export const CreateDeploymentBody = shape(
  'CreateDeploymentBody',
  {
    name: displayName(),
    template: plainName({ examples: ['web-app-stack'] }),
    cloud_region: plainName({ examples: ['us-west-1'] }),
    parameters: Type.Optional(
      jsonObject({ description: "The template's parameters; `<tier>_count` sets the size of a tier." }),
    ),
    ttl: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 32,
        description:
          'How long it lives, counted from now: `90m`, `72h`, `7d`, `1d12h`, or as in ISO 8601 `PT72H`, `P7D`. Then it is deleted by itself. Without it the most that the region allows, or for ever.',
        examples: ['72h'],
      }),
    ),
    budget: Type.Optional(BudgetOrder),
    drift_policy: Type.Optional(
      oneOf(DRIFT_POLICIES, { description: 'What to do about drift: tell (default), or put right.' }),
    ),
    failure_policy: Type.Optional(
      oneOf(['rollback', 'hold'], {
        description: 'After a permanent failure: undo what was made (default), or keep everything and wait.',
      }),
    ),
  },
  {
    description: 'What is to be deployed, and where.',
    examples: [
      {
        name: 'web-app-prod',
        template: 'web-app-stack',
        cloud_region: 'us-west-1',
        parameters: { web_count: 2, app_count: 3, db_count: 1 },
      },
    ],
  },
);
export type CreateDeploymentBody = Static<typeof CreateDeploymentBody>;

export const DeploymentAccepted = shape(
  'DeploymentAccepted',
  { id: uuid(), name: Type.String(), status: DeploymentStatus, created_at: timestamp() },
  { description: 'The deployment is recorded and its run will happen.' },
);
export type DeploymentAccepted = Static<typeof DeploymentAccepted>;

export const DeploymentDeleting = shape(
  'DeploymentDeleting',
  { id: uuid(), status: oneOf(['DELETING']) },
  { description: 'The removal is recorded and will happen.' },
);
export type DeploymentDeleting = Static<typeof DeploymentDeleting>;

export const RunAccepted = shape(
  'RunAccepted',
  { id: uuid({ description: 'Id of the deployment.' }), run_id: uuid(), status: DeploymentStatus },
  { description: 'The request is recorded on a run of the deployment.' },
);
export type RunAccepted = Static<typeof RunAccepted>;

export const LeftOver = shape(
  'LeftOver',
  { key: Type.String(), kind: Type.String(), provider_id: nullable(Type.String()), reason: Type.String() },
  { description: 'Something that exists although it should not, because its removal failed.' },
);
export type LeftOver = Static<typeof LeftOver>;

export const DeploymentError = shape(
  'DeploymentError',
  {
    type: Type.String({ description: 'PascalCase failure type, for example `QuotaExceeded`.' }),
    message: Type.String({ description: "One sentence that contains the cloud's own words." }),
    failed_activity: Type.String({ description: 'For example `create openstack.server server/web/2`.' }),
    rollback_completed: Type.Boolean(),
    left_over: list(LeftOver),
    remedy: Type.Optional(Type.String()),
    request_id: Type.Optional(Type.String({ description: "The cloud's own request id." })),
  },
  { description: 'Why the deployment failed and what became of what it had made.' },
);
export type DeploymentError = Static<typeof DeploymentError>;

export const Progress = shape(
  'Progress',
  {
    run_id: uuid(),
    run_kind: oneOf(RUN_KINDS),
    run_status: oneOf(RUN_STATUSES),
    phase: oneOf(RUN_PHASES),
    done: count(),
    total: count(),
    failed: count(),
    eta_ms: nullable(count({ description: 'Expected milliseconds until the end.' })),
  },
  { description: 'How far the run in progress has come, in nodes of its plan.' },
);
export type Progress = Static<typeof Progress>;

const summaryProperties = {
  id: uuid(),
  name: Type.String(),
  status: DeploymentStatus,
  template: Type.String(),
  template_version: Type.Integer({ minimum: 1 }),
  cloud_region: Type.String(),
  parameters: jsonObject(),
  failure_policy: FailurePolicy,
  expires_at: nullable(timestamp({ description: 'When it is deleted by itself; null when it is not.' })),
  progress: nullable(Progress),
  error: nullable(DeploymentError),
  created_at: timestamp(),
  updated_at: timestamp(),
};

export const DeploymentSummary = shape('DeploymentSummary', summaryProperties, {
  description: 'A deployment as lists show it.',
});
export type DeploymentSummary = Static<typeof DeploymentSummary>;

export const TierMember = shape(
  'TierMember',
  {
    vm_id: nullable(Type.String()),
    name: Type.String(),
    ip: nullable(Type.String()),
    ordinal: Type.Integer({ minimum: 1 }),
    state: oneOf(['creating', 'present', 'updating', 'deleting']),
  },
  { description: 'One server of a tier.' },
);
export type TierMember = Static<typeof TierMember>;

export const Resources = shape(
  'Resources',
  {
    network_id: nullable(Type.String()),
    subnet_ids: list(Type.String()),
    subnets: mapOf(Type.String(), { description: 'Subnet name to id.' }),
    router_id: nullable(Type.String()),
    vm_ids: list(Type.String()),
    vm_ips: mapOf(Type.String(), { description: 'Server id to its fixed address.' }),
    tiers: mapOf(list(TierMember), { description: 'Tier name to its servers.' }),
  },
  { description: "What exists in the cloud, by the cloud's own ids." },
);
export type Resources = Static<typeof Resources>;

export const Condition = shape(
  'Condition',
  {
    type: Type.String(),
    status: oneOf(CONDITION_STATUSES),
    reason: Type.String(),
    message: Type.String(),
    last_transition_time: timestamp(),
  },
  { description: 'One observed aspect of the state, with its reason.' },
);
export type Condition = Static<typeof Condition>;

export const Deployment = shape(
  'Deployment',
  {
    ...summaryProperties,
    resources: Resources,
    metadata: jsonObject(),
    overrides: jsonObject({ description: 'What PATCH changed beside the parameters: a merge patch on the template.' }),
    drift_policy: oneOf(DRIFT_POLICIES),
    budget: nullable(BudgetOrder),
    conditions: list(Condition),
  },
  { description: 'A deployment with everything that is known of it.' },
);
export type Deployment = Static<typeof Deployment>;

export const DeploymentPage = shape(
  'DeploymentPage',
  {
    items: list(DeploymentSummary),
    total: count({ description: 'How many match, on all pages.' }),
    next: nullable(Type.String({ description: 'Cursor of the next page; null on the last one.' })),
  },
  { description: 'One page of deployments, newest first.' },
);
export type DeploymentPage = Static<typeof DeploymentPage>;

export const ListDeploymentsQuery = Type.Object(
  {
    status: Type.Optional(oneOf(DEPLOYMENT_STATUSES, { description: 'Deleted ones are listed only when asked for.' })),
    cloud_region: Type.Optional(plainName()),
    template: Type.Optional(plainName()),
    name: Type.Optional(displayName()),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
    cursor: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9_=-]{1,512}$', description: '`next` of the page before.' }),
    ),
  },
  { additionalProperties: false },
);
export type ListDeploymentsQuery = Static<typeof ListDeploymentsQuery>;

export const FieldChange = shape(
  'FieldChange',
  { field: Type.String(), from: anyJson(), to: anyJson() },
  { description: 'One field that a change sets; null where there is nothing.' },
);
export type FieldChange = Static<typeof FieldChange>;

export const PlanNode = shape(
  'PlanNode',
  {
    key: Type.String(),
    action: oneOf(NODE_ACTIONS),
    kind: Type.String(),
    region: Type.String(),
    depends_on: list(Type.String()),
    estimate_ms: count(),
    estimate_from: oneOf(['history', 'default']),
    does: oneOf(['create', 'update in place', 'replace', 'delete', 'run'], {
      description: 'The action in plain words.',
    }),
    wanted: jsonObject(),
    reason: Type.Optional(Type.String({ description: 'Why this is done to something that stands.' })),
    changes: Type.Optional(list(FieldChange)),
    ...nodeForesight,
  },
  { description: 'One action of a plan on one resource.' },
);
export type PlanNode = Static<typeof PlanNode>;

export const ShownPlan = shape(
  'Plan',
  {
    nodes: list(PlanNode),
    total: count(),
    estimated_ms: count({ description: 'Length of the critical path in milliseconds.' }),
    ...planForesight,
  },
  { description: 'What would be done, in an order in which it can be done.' },
);
export type ShownPlan = Static<typeof ShownPlan>;

export const DryRun = shape(
  'DryRun',
  {
    name: Type.String(),
    template: Type.String(),
    template_version: Type.Integer({ minimum: 1 }),
    cloud_region: Type.String(),
    failure_policy: FailurePolicy,
    plan: ShownPlan,
    ...shownPlanId,
  },
  { description: 'What a request would do. Nothing was made, and nothing reserved.' },
);
export type DryRun = Static<typeof DryRun>;
