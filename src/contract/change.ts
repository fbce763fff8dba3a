/**
 * Changes of a living deployment on the wire: scaling a tier, and patching what is wanted.
 */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { DEPLOYMENT_STATUSES, DRIFT_POLICIES } from '../domain/deployment.ts';
import { PART_NAME_PATTERN } from '../domain/template.ts';
import { ShownPlan } from './deployment.ts';
import { BudgetOrder, shownPlanId } from './foresight.ts';
import { count, jsonObject, list, mapOf, nullable, oneOf, shape, timestamp, uuid } from './shape.ts';

export const CHANGE_OPERATIONS = ['none', 'scale_out', 'scale_in', 'update', 'settings'] as const;

export const ScaleBody = shape(
  'ScaleBody',
  {
    vm_type: Type.String({ pattern: PART_NAME_PATTERN, description: 'The tier.', examples: ['web'] }),
    target_count: count({ description: 'How many servers the tier is to have.', examples: [5] }),
  },
  { description: 'The size that a tier is to have.' },
);
export type ScaleBody = Static<typeof ScaleBody>;

const text = (options: object = {}) => Type.String({ minLength: 1, maxLength: 255, ...options });

const partName = { type: 'string', pattern: PART_NAME_PATTERN };

export const TierPatch = shape(
  'TierPatch',
  {
    flavor: Type.Optional(text({ description: 'Another flavor: servers are resized where they stand.' })),
    image: Type.Optional(text({ description: 'Another image: servers are replaced, a few at a time.' })),
    count: Type.Optional(count()),
    min_count: Type.Optional(nullable(count())),
    max_count: Type.Optional(nullable(count())),
    subnet: Type.Optional(nullable(text())),
    security_groups: Type.Optional(nullable(list(text(), { maxItems: 32 }))),
    key_name: Type.Optional(nullable(text())),
    user_data: Type.Optional(nullable(Type.String({ maxLength: 65535 }))),
    metadata: Type.Optional(nullable(mapOf(nullable(Type.String({ maxLength: 255 })), { maxProperties: 100 }))),
  },
  { description: 'What is to change in a tier. Null takes a field away.' },
);
export type TierPatch = Static<typeof TierPatch>;

export const NetworkPatch = shape(
  'NetworkPatch',
  {
    subnets: Type.Optional(
      mapOf(nullable(text()), {
        propertyNames: partName,
        description: 'Subnet name to IPv4 CIDR to add it; null removes it, unless a tier is on it.',
      }),
    ),
    dns: Type.Optional(nullable(list(text(), { maxItems: 8 }))),
    router: Type.Optional(
      nullable(Type.Object({ external_network: Type.Optional(nullable(text())) }, { additionalProperties: false })),
    ),
  },
  { description: 'What is to change in the network. The range of a network or subnet that lives cannot.' },
);
export type NetworkPatch = Static<typeof NetworkPatch>;

export const UpdateDeploymentBody = shape(
  'UpdateDeploymentBody',
  {
    parameters: Type.Optional(jsonObject({ description: 'Merged into the parameters of the deployment.' })),
    vm_config: Type.Optional(
      Type.Unsafe<{ readonly [tier: string]: TierPatch | null }>({
        ...mapOf(nullable(TierPatch)),
        propertyNames: partName,
        description: 'Tier name to what is to change in it; null removes the tier.',
      }),
    ),
    network_config: Type.Optional(NetworkPatch),
    max_unavailable: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1000,
        description: 'How many servers of a tier may be out of service at the same time; default 1.',
      }),
    ),
    ttl: Type.Optional(
      nullable(
        Type.String({
          minLength: 1,
          maxLength: 32,
          description: 'How long it lives, counted anew from now: `72h`, `7d`, `P7D`. Null: until it is deleted.',
        }),
      ),
    ),
    expires_at: Type.Optional(
      nullable(timestamp({ description: 'The same as a time. Either may be set during a run as well.' })),
    ),
    budget: Type.Optional(nullable(BudgetOrder)),
    drift_policy: Type.Optional(oneOf(DRIFT_POLICIES, { description: 'What to do about drift: tell, or put right.' })),
  },
  {
    description: 'What is to change; everything that is left out stays as it is.',
    minProperties: 1,
    examples: [{ vm_config: { web: { flavor: 'm1.medium' } } }],
  },
);
export type UpdateDeploymentBody = Static<typeof UpdateDeploymentBody>;

const scaleProperties = {
  vm_type: Type.Optional(Type.String()),
  previous_count: Type.Optional(count()),
  target_count: Type.Optional(count()),
};

export const ChangeAccepted = shape(
  'ChangeAccepted',
  {
    id: uuid({ description: 'Id of the deployment.' }),
    run_id: uuid(),
    status: oneOf(DEPLOYMENT_STATUSES),
    operation: oneOf(CHANGE_OPERATIONS),
    ...scaleProperties,
  },
  { description: 'The change is recorded and its run will happen.' },
);
export type ChangeAccepted = Static<typeof ChangeAccepted>;

export const ChangeShown = shape(
  'ChangeShown',
  {
    id: uuid({ description: 'Id of the deployment.' }),
    operation: oneOf(CHANGE_OPERATIONS, { description: '`none`: everything is as asked for already.' }),
    ...scaleProperties,
    plan: Type.Optional(ShownPlan),
    ...shownPlanId,
  },
  { description: 'What the change would do (`dry_run=true`), or that there is nothing to run.' },
);
export type ChangeShown = Static<typeof ChangeShown>;
