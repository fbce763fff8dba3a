/**
 * What may stand in `groundwork.yaml`. One schema: the loader checks with it, fills the defaults from it, and the
 * reference page is written from its descriptions, so none of the three can say something else.
 *
 * Keys with a default need not be written; the static types below are those of the loaded value.
 */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { SCOPES } from './key.ts';
import { PLAIN_NAME_PATTERN } from './name.ts';
import { RegionConfig } from './region-config.ts';
import { oneOf } from './shape.ts';

const closed = { additionalProperties: false } as const;

const Server = Type.Object(
  {
    host: Type.String({
      default: '127.0.0.1',
      minLength: 1,
      description: 'Address to listen on. Anything but a loopback address lets other machines in.',
    }),
    port: Type.Integer({
      default: 8080,
      minimum: 0,
      maximum: 65535,
      description: 'TCP port to listen on; 0 lets the system choose a free one.',
    }),
  },
  { ...closed, default: {}, description: 'Where the HTTP API listens.' },
);

const Limits = Type.Object(
  {
    max_count_per_tier: Type.Integer({
      default: 100,
      minimum: 1,
      maximum: 10000,
      description: 'Most servers that one tier of a deployment may have.',
    }),
    max_nodes_per_plan: Type.Integer({
      default: 1000,
      minimum: 1,
      maximum: 100000,
      description: 'Most resources that one run may touch.',
    }),
  },
  { ...closed, default: {}, description: 'Ceilings that protect the clouds from a slip of the finger.' },
);

const Webhooks = Type.Object(
  {
    allow_addresses: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description:
        'Networks (`10.20.0.0/16`, `127.0.0.1/32`, `fd00::/8`) that webhooks may point to. Public addresses always may; all others (private, loopback, link-local) only when they are listed here.',
    }),
  },
  { ...closed, default: {}, description: 'Where events may be sent to.' },
);

const Log = Type.Object(
  {
    level: oneOf(['debug', 'info', 'warn', 'error', 'silent'], {
      default: 'info',
      description: 'Least serious lines to write.',
    }),
    format: oneOf(['json', 'pretty'], {
      default: 'json',
      description: '`json`: one object a line for machines; `pretty`: lines for a person.',
    }),
  },
  { ...closed, default: {}, description: 'What the server logs.' },
);

const ApiKeyConfig = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 63, description: 'Who uses the key; appears in the audit trail.' }),
    scope: oneOf(SCOPES, {
      description: 'What the key allows; each includes those before it.',
    }),
    key_env: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
        description: 'Name of the environment variable that holds the key.',
      }),
    ),
    key_sha256: Type.Optional(
      Type.String({
        pattern: '^[0-9a-f]{64}$',
        description: 'SHA-256 of the key, in hexadecimal: `printf %s "$KEY" | sha256sum`.',
      }),
    ),
  },
  closed,
);

export const ConfigFile = Type.Object(
  {
    server: Server,
    data_dir: Type.String({
      default: '.groundwork',
      minLength: 1,
      description:
        'Where the embedded database, the simulated cloud and the first admin key live. The default is under the working directory.',
    }),
    database_url: Type.Optional(
      Type.String({
        pattern: '^postgres(ql)?://',
        description: 'A PostgreSQL of your own. Without it one is started inside `data_dir`.',
      }),
    ),
    regions: Type.Record(Type.String({ pattern: PLAIN_NAME_PATTERN }), RegionConfig, {
      ...closed,
      default: {},
      description: 'The clouds, each under the name that requests give as `cloud_region`.',
    }),
    templates_dir: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Folder of template files (`*.yaml`) to load at every start; a changed file is a new version.',
      }),
    ),
    playbooks_dir: Type.String({
      default: 'playbooks',
      minLength: 1,
      description: 'Folder of the Ansible playbooks that may be played, with their roles, variables and `ansible.cfg`.',
    }),
    ansible_playbook: Type.String({
      default: 'ansible-playbook',
      minLength: 1,
      description: 'The program that plays them: a name that is looked for in `PATH`, or an absolute path.',
    }),
    limits: Limits,
    webhooks: Webhooks,
    log: Log,
    api_keys: Type.Array(ApiKeyConfig, {
      default: [],
      description: 'Keys that always exist, beside those made through the API. Never the keys themselves.',
    }),
  },
  { ...closed, title: 'groundwork.yaml' },
);

/** The file's content with all defaults filled in. */
export type ConfigFile = Static<typeof ConfigFile>;
