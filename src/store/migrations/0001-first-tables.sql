-- The tables of Groundwork. What each is for is said once, here; src/store/schema.sql is the dump of the result.

-- Versioned templates. A version is never changed, so a deployment can always be explained by the one it names.
create table templates (
  name         text        not null,
  version      integer     not null,
  description  text,
  body         json        not null, -- json, not jsonb: keeps the order in which tiers and subnets were written
  created_at   timestamptz not null default now(),
  deleted_at   timestamptz,
  primary key (name, version)
);

-- Desired state: what was asked for, and in which state it is. Rows are never deleted; DELETED is a status.
create table deployments (
  id               uuid        primary key,
  name             text        not null,
  status           text        not null,
  region           text        not null,
  template_name    text        not null,
  template_version integer     not null,
  parameters       json        not null,
  failure_policy   text        not null,
  metadata         jsonb       not null default '{}',
  error            jsonb,
  active_run       uuid,
  last_event       bigint      not null default 0,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  foreign key (template_name, template_version) references templates (name, version)
);
create index deployments_by_creation on deployments (created_at desc, id desc);
create index deployments_by_name on deployments (name);

-- One durable execution of one plan. `fence` grows with every take-over: a worker that holds an older one cannot write.
create table runs (
  id                  uuid        primary key,
  deployment_id       uuid        not null references deployments (id),
  kind                text        not null,
  status              text        not null default 'pending',
  phase               text        not null default 'forward',
  plan                jsonb       not null,
  rollback_plan       jsonb,
  total               integer     not null, -- nodes of the plan of the current phase
  estimated_ms        bigint      not null, -- its critical path
  fence               bigint      not null default 0,
  worker              text,
  cancel_requested_at timestamptz,
  then_delete         boolean     not null default false,
  error               jsonb,
  created_at          timestamptz not null default now(),
  started_at          timestamptz,
  finished_at         timestamptz
);
create index runs_by_deployment on runs (deployment_id, created_at);
create unique index one_active_run on runs (deployment_id) where status in ('pending', 'running', 'rolling_back');

-- Progress of each node of a run, running ones included; an engine tells of a step only when it has finished.
create table run_nodes (
  run_id      uuid        not null references runs (id),
  phase       text        not null,
  key         text        not null,
  kind        text        not null,
  region      text        not null,
  action      text        not null,
  state       text        not null,
  attempt     integer     not null default 1,
  detail      text,
  error       jsonb,
  started_at  timestamptz not null default now(),
  finished_at timestamptz,
  primary key (run_id, phase, key)
);
-- Durations of past nodes make the estimates of the next plans.
create index run_nodes_history on run_nodes (region, kind, action, finished_at desc) where state = 'done';

-- The ledger: what we own. A row is committed as intent before the outside call, completed after it, kept after deletion.
create table resources (
  owner       uuid        not null references deployments (id),
  key         text        not null,
  generation  integer     not null,
  kind        text        not null,
  region      text        not null,
  state       text        not null,
  provider_id text,
  wanted      jsonb       not null,
  outputs     jsonb       not null default '{}',
  depends_on  text[]      not null,
  run_id      uuid        not null references runs (id),
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  deleted_at  timestamptz,
  primary key (owner, key, generation)
);
create unique index one_living_resource on resources (owner, key) where state <> 'deleted';

-- Append-only, numbered without gaps per deployment (the number is taken under the deployment's row lock).
create table events (
  deployment_id uuid        not null references deployments (id),
  seq           bigint      not null,
  at            timestamptz not null default now(),
  type          text        not null,
  run_id        uuid,
  key           text,
  data          jsonb       not null default '{}',
  primary key (deployment_id, seq)
);

-- Answers to repeated requests with the same Idempotency-Key.
create table idempotency_keys (
  api_key_id    text        not null,
  key           text        not null,
  request_hash  text        not null,
  deployment_id uuid        not null references deployments (id),
  created_at    timestamptz not null default now(),
  primary key (api_key_id, key)
);

-- API keys, hashed (SHA-256 of the whole key; keys are long and random, so a slow hash would only slow requests down).
create table api_keys (
  id         uuid        primary key,
  name       text        not null,
  hash       text        not null,
  scope      text        not null,
  created_at timestamptz not null default now(),
  deleted_at timestamptz
);
create unique index api_keys_by_hash on api_keys (hash) where deleted_at is null;

-- Workers and their last sign of life. A worker is dead when its session lock is free or its heartbeat is old.
create table workers (
  id           text        primary key,
  started_at   timestamptz not null default now(),
  heartbeat_at timestamptz not null default now()
);
