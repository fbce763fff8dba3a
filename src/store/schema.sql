-- The schema that the migrations in src/store/migrations lead to, read back from PostgreSQL's catalogue.
-- Do not edit: after a new migration run `npm test -- migrate -u`.
create table api_keys (
  id uuid not null,
  name text not null,
  hash text not null,
  scope text not null,
  created_at timestamp with time zone not null default now(),
  deleted_at timestamp with time zone,
  constraint api_keys_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX api_keys_by_hash ON api_keys USING btree (hash) WHERE (deleted_at IS NULL);

create table deployments (
  id uuid not null,
  name text not null,
  status text not null,
  region text not null,
  template_name text not null,
  template_version integer not null,
  parameters json not null,
  failure_policy text not null,
  metadata jsonb not null default '{}'::jsonb,
  error jsonb,
  active_run uuid,
  last_event bigint not null default 0,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  overrides json not null default '{}'::json,
  conditions jsonb not null default '[]'::jsonb,
  drift_policy text not null default 'alert'::text,
  expires_at timestamp with time zone,
  budget jsonb,
  constraint deployments_pkey PRIMARY KEY (id)
);
CREATE INDEX deployments_by_creation ON deployments USING btree (created_at DESC, id DESC);
CREATE INDEX deployments_by_expiry ON deployments USING btree (expires_at) WHERE ((expires_at IS NOT NULL) AND (status <> 'DELETED'::text));
CREATE INDEX deployments_by_name ON deployments USING btree (name);

create table events (
  deployment_id uuid not null,
  seq bigint not null,
  at timestamp with time zone not null default now(),
  type text not null,
  run_id uuid,
  key text,
  data jsonb not null default '{}'::jsonb,
  constraint events_pkey PRIMARY KEY (deployment_id, seq)
);

create table idempotency_keys (
  api_key_id text not null,
  key text not null,
  request_hash text not null,
  deployment_id uuid not null,
  created_at timestamp with time zone not null default now(),
  constraint idempotency_keys_pkey PRIMARY KEY (api_key_id, key)
);

create table migrations (
  name text not null,
  applied_at timestamp with time zone not null default now(),
  constraint migrations_pkey PRIMARY KEY (name)
);

create table resources (
  owner uuid not null,
  key text not null,
  generation integer not null,
  kind text not null,
  region text not null,
  state text not null,
  provider_id text,
  wanted jsonb not null,
  outputs jsonb not null default '{}'::jsonb,
  depends_on text[] not null,
  run_id uuid not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  deleted_at timestamp with time zone,
  constraint resources_pkey PRIMARY KEY (owner, key, generation)
);
CREATE UNIQUE INDEX one_living_resource ON resources USING btree (owner, key) WHERE (state <> 'deleted'::text);

create table run_nodes (
  run_id uuid not null,
  phase text not null,
  key text not null,
  kind text not null,
  region text not null,
  action text not null,
  state text not null,
  attempt integer not null default 1,
  detail text,
  error jsonb,
  started_at timestamp with time zone not null default now(),
  finished_at timestamp with time zone,
  next_retry_at timestamp with time zone,
  constraint run_nodes_pkey PRIMARY KEY (run_id, phase, key)
);
CREATE INDEX run_nodes_history ON run_nodes USING btree (region, kind, action, finished_at DESC) WHERE (state = 'done'::text);

create table runs (
  id uuid not null,
  deployment_id uuid not null,
  kind text not null,
  status text not null default 'pending'::text,
  phase text not null default 'forward'::text,
  plan jsonb not null,
  rollback_plan jsonb,
  total integer not null,
  estimated_ms bigint not null,
  fence bigint not null default 0,
  worker text,
  cancel_requested_at timestamp with time zone,
  then_delete boolean not null default false,
  error jsonb,
  created_at timestamp with time zone not null default now(),
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  sweep_again_at timestamp with time zone,
  target json,
  request jsonb,
  result jsonb,
  constraint runs_pkey PRIMARY KEY (id)
);
CREATE INDEX runs_by_deployment ON runs USING btree (deployment_id, created_at);
CREATE INDEX runs_to_sweep ON runs USING btree (sweep_again_at) WHERE (sweep_again_at IS NOT NULL);
CREATE UNIQUE INDEX one_active_run ON runs USING btree (deployment_id) WHERE (status = ANY (ARRAY['pending'::text, 'running'::text, 'rolling_back'::text]));

create table templates (
  name text not null,
  version integer not null,
  description text,
  body json not null,
  created_at timestamp with time zone not null default now(),
  deleted_at timestamp with time zone,
  constraint templates_pkey PRIMARY KEY (name, version)
);

create table workers (
  id text not null,
  started_at timestamp with time zone not null default now(),
  heartbeat_at timestamp with time zone not null default now(),
  constraint workers_pkey PRIMARY KEY (id)
);

alter table deployments add constraint deployments_template_name_template_version_fkey FOREIGN KEY (template_name, template_version) REFERENCES templates(name, version);
alter table events add constraint events_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployments(id);
alter table idempotency_keys add constraint idempotency_keys_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployments(id);
alter table resources add constraint resources_owner_fkey FOREIGN KEY (owner) REFERENCES deployments(id);
alter table resources add constraint resources_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id);
alter table run_nodes add constraint run_nodes_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id);
alter table runs add constraint runs_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployments(id);
