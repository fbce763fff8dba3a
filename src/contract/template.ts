/**
 * Templates on the wire. Any text or number in a request may be a placeholder such as `${web_flavor}`, therefore the
 * request shapes are loose exactly where a placeholder may stand; what the merged values must be is checked later and
 * reported with the same pointers.
 */

import { Type } from 'typebox';
import type { Static, TUnsafe } from 'typebox';
import { PART_NAME_PATTERN } from '../domain/template.ts';
import { plainName } from './name.ts';
import { jsonObject, list, mapOf, nullable, shape, timestamp } from './shape.ts';

/** A text that holds a placeholder anywhere. */
const PLACEHOLDER_PATTERN = '\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}';

const text = (options: object = {}) => Type.String({ minLength: 1, maxLength: 255, ...options });

/** A whole number >= 0, or a placeholder for one. */
function countOrPlaceholder(description: string): TUnsafe<number | string> {
  return Type.Unsafe<number | string>({
    type: ['integer', 'string'],
    minimum: 0,
    pattern: PLACEHOLDER_PATTERN,
    description,
  });
}

const partName = {
  type: 'string',
  pattern: PART_NAME_PATTERN,
  description: 'A lower-case letter, then up to 30 lower-case letters, digits or "-".',
};

export const TierConfig = shape(
  'TierConfig',
  {
    flavor: text({ description: 'Flavor name or id.' }),
    image: text({ description: 'Image name or id.' }),
    count: countOrPlaceholder('How many servers.'),
    min_count: Type.Optional(countOrPlaceholder('The least that a request may ask for.')),
    max_count: Type.Optional(countOrPlaceholder('The most that a request may ask for.')),
    subnet: Type.Optional(
      text({ description: 'Name of a subnet; default: the subnet named like the tier, or the only one.' }),
    ),
    security_groups: Type.Optional(list(text(), { maxItems: 32 })),
    key_name: Type.Optional(text({ description: 'Name of a key pair in the cloud.' })),
    user_data: Type.Optional(Type.String({ maxLength: 65535, description: 'Plain text for cloud-init.' })),
    metadata: Type.Optional(mapOf(Type.String({ maxLength: 255 }), { maxProperties: 100 })),
  },
  { description: 'One tier of equal servers.' },
);
export type TierConfig = Static<typeof TierConfig>;

export const NetworkConfig = shape(
  'NetworkConfig',
  {
    cidr: text({ description: 'IPv4 range that holds all subnets, for example `10.0.0.0/16`.' }),
    subnets: mapOf(text(), { minProperties: 1, propertyNames: partName, description: 'Subnet name to IPv4 CIDR.' }),
    dns: Type.Optional(list(text(), { maxItems: 8, description: 'Name servers handed out by DHCP.' })),
    router: Type.Optional(Type.Object({ external_network: Type.Optional(text()) }, { additionalProperties: false })),
  },
  { description: 'The network of a deployment.' },
);
export type NetworkConfig = Static<typeof NetworkConfig>;

const bodyProperties = {
  description: Type.Optional(Type.String({ maxLength: 1000 })),
  vm_config: mapOf(TierConfig, { minProperties: 1, propertyNames: partName, description: 'Tier name to its servers.' }),
  network_config: NetworkConfig,
  parameters: Type.Optional(
    jsonObject({ description: 'JSON Schema (an object schema, draft 2020-12) of the parameters.' }),
  ),
};

export const CreateTemplateBody = shape(
  'CreateTemplateBody',
  { name: plainName(), ...bodyProperties },
  { description: 'A new template.' },
);
export type CreateTemplateBody = Static<typeof CreateTemplateBody>;

export const UpdateTemplateBody = shape('UpdateTemplateBody', bodyProperties, {
  description: 'The next version of a template.',
});
export type UpdateTemplateBody = Static<typeof UpdateTemplateBody>;

export const Template = shape(
  'Template',
  {
    name: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    description: nullable(Type.String()),
    vm_config: jsonObject({ description: 'As it was written; see TierConfig.' }),
    network_config: jsonObject({ description: 'As it was written; see NetworkConfig.' }),
    parameters: nullable(jsonObject()),
    created_at: timestamp(),
  },
  { description: 'One version of a template.' },
);
export type Template = Static<typeof Template>;

export const TemplateSummary = shape(
  'TemplateSummary',
  {
    name: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    description: nullable(Type.String()),
    tiers: list(Type.String()),
    created_at: timestamp(),
  },
  { description: 'The newest version of a template as lists show it.' },
);
export type TemplateSummary = Static<typeof TemplateSummary>;

export const TemplateList = shape('TemplateList', { items: list(TemplateSummary) }, { description: 'By name.' });
export type TemplateList = Static<typeof TemplateList>;
