/**
 * What may stand under a region in `groundwork.yaml`: its cloud, its pace, how it is kept true, how playbooks reach its servers,
 * and what things cost.
 */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { oneOf } from './shape.ts';

const closed = { additionalProperties: false } as const;

const Prices = Type.Object(
  {
    currency: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217, for example `EUR`.' }),
    flavors: Type.Record(Type.String({ minLength: 1 }), Type.Number({ minimum: 0 }), {
      description: 'Price per hour of each flavor: `m1.small: 0.04`. Without it a cost is unknown.',
    }),
  },
  { ...closed, description: 'What things cost here.' },
);

const Ansible = Type.Object(
  {
    user: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z_][A-Za-z0-9_.-]{0,31}$',
        description: 'Account on the servers. Without it the name of the account that Groundwork runs under.',
      }),
    ),
    private_key_file: Type.Optional(Type.String({ minLength: 1, description: 'SSH key of that account.' })),
    ssh_args: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'Further arguments of `ssh`: `-o ProxyJump=bastion.example.org`. The configuration files of SSH are not read.',
      }),
    ),
    host_key_policy: oneOf(['accept-new', 'strict'], {
      default: 'accept-new',
      description:
        'A server that was never seen: `accept-new` trusts its key at first and refuses another one later; `strict` refuses every key that is not in `known_hosts_file`.',
    }),
    known_hosts_file: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'Host keys, or the authorities that sign them (`@cert-authority`), which are trusted from the beginning.',
      }),
    ),
    vault_password_file: Type.Optional(
      Type.String({ minLength: 1, description: 'Password of Ansible Vault, or a program that prints it.' }),
    ),
    allow_foreign_hosts: Type.Boolean({
      default: false,
      description: 'Let a request name hosts in its `inventory` that are not of the deployment.',
    }),
    timeout_seconds: Type.Integer({
      default: 3600,
      minimum: 1,
      maximum: 604_800,
      description: 'A play that takes longer is ended.',
    }),
    connect_timeout_seconds: Type.Integer({
      default: 10,
      minimum: 1,
      maximum: 600,
      description: 'A server that takes longer to answer is unreachable.',
    }),
    forks: Type.Integer({
      default: 10,
      minimum: 1,
      maximum: 500,
      description: 'Servers of one deployment that are worked on at the same time.',
    }),
  },
  { ...closed, description: 'How playbooks reach the servers of this region.' },
);

const duration = (options: { default: string; description: string }) =>
  Type.String({ pattern: '^[0-9]{1,6}[smh]$', ...options });

const percent = (options: { default: number; description: string }) =>
  Type.Integer({ minimum: 0, maximum: 100, ...options });

export const RegionConfig = Type.Object(
  {
    provider: oneOf(['openstack'], { description: 'What kind of cloud this is.' }),
    cloud: Type.String({ minLength: 1, description: 'Name of the cloud in `clouds.yaml`.' }),
    clouds_file: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'The `clouds.yaml` to read. Otherwise the usual places: `OS_CLIENT_CONFIG_FILE`, the working directory, `~/.config/openstack`, `/etc/openstack`.',
      }),
    ),
    concurrency: Type.Integer({
      default: 16,
      minimum: 1,
      maximum: 1000,
      description: 'Calls to this cloud at the same time.',
    }),
    rate_per_second: Type.Number({
      default: 100,
      exclusiveMinimum: 0,
      maximum: 10000,
      description: 'Calls to this cloud per second, on average.',
    }),
    burst: Type.Integer({
      default: 100,
      minimum: 1,
      maximum: 10000,
      description: 'Calls that may go out at once before `rate_per_second` holds them back.',
    }),
    drift_interval: duration({
      default: '5m',
      description:
        'Time between two looks at everything that stands here: `30s`, `5m`, `1h`. `0s` looks only when it is asked to, and then neither heals nor sweeps by itself.',
    }),
    heal_limit: Type.Integer({
      default: 3,
      minimum: 1,
      maximum: 1000,
      description:
        'Heals of one deployment within `heal_window`; one that has drifted again after so many is left alone.',
    }),
    heal_window: duration({ default: '30m', description: 'See `heal_limit`.' }),
    heal_max_missing_share: percent({
      default: 50,
      description:
        'Percent of the resources here that may look missing at once. When it is more, nothing is healed: the credentials or the cloud are wrong.',
    }),
    sweep: oneOf(['report', 'delete'], {
      default: 'report',
      description:
        'What to do with objects that carry our mark and that nothing stands for: list them, or delete them. Those of another Groundwork in the same project are never touched.',
    }),
    sweep_grace: duration({ default: '10m', description: 'An object that is younger is left alone.' }),
    sweep_max_count: Type.Integer({
      default: 10,
      minimum: 0,
      maximum: 100_000,
      description: 'A sweep that would delete more than so many objects does not begin.',
    }),
    sweep_max_share: percent({
      default: 20,
      description: 'A sweep that would delete more than so many percent of our objects here does not begin.',
    }),
    ansible: Type.Optional(Ansible),
    prices: Type.Optional(Prices),
    max_ttl: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'The longest that a deployment may live here: `72h`, `14d`. One that asks for nothing gets this. Without it deployments live until they are deleted.',
      }),
    ),
    budget_per_month: Type.Optional(
      Type.Number({
        minimum: 0,
        description:
          'The most that everything in this region may cost in a month, in the currency of `prices`; a plan that exceeds it, or whose cost cannot be told, is refused.',
      }),
    ),
  },
  closed,
);
export type RegionConfig = Static<typeof RegionConfig>;
