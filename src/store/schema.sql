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
  config json not null default '{}'::json,
  conditions jsonb not null default '[]'::jsonb,
  drift_policy text not null default 'alert'::text,
  expires_at timestamp with time zone,
  budget jsonb,
  created_by text,
  expiry_set_at timestamp with time zone,
  expiry_look_at timestamp with time zone,
  constraint deployments_pkey PRIMARY KEY (id)
);
CREATE INDEX deployments_by_creation ON deployments USING btree (created_at DESC, id DESC);
CREATE INDEX deployments_by_expiry ON deployments USING btree (expires_at) WHERE ((expires_at IS NOT NULL) AND (status <> 'DELETED'::text));
CREATE INDEX deployments_by_expiry_look ON deployments USING btree (expiry_look_at) WHERE (expiry_look_at IS NOT NULL);
CREATE INDEX deployments_by_name ON deployments USING btree (name);
CREATE INDEX deployments_stalled ON deployments USING btree (id) WHERE (conditions @> '[{"type": "Stalled", "status": "True"}]'::jsonb);

create table drift (
  owner uuid not null,
  key text not null,
  provider_id text not null,
  kind text not null,
  region text not null,
  type text not null,
  is_gone boolean not null,
  is_open boolean not null,
  differences jsonb not null,
  accepted jsonb not null default '[]'::jsonb,
  first_seen timestamp with time zone not null,
  last_seen timestamp with time zone not null,
  constraint drift_pkey PRIMARY KEY (owner, key, provider_id)
);
CREATE INDEX drift_by_region ON drift USING btree (region);

create table drift_refreshes (
  owner uuid not null,
  checked_at timestamp with time zone not null,
  constraint drift_refreshes_pkey PRIMARY KEY (owner)
);

create table events (
  deployment_id uuid not null,
  seq bigint not null,
  at timestamp with time zone not null default now(),
  type text not null,
  run_id uuid,
  key text,
  data jsonb not null default '{}'::jsonb,
  shown json,
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

create table orphans (
  region text not null,
  kind text not null,
  provider_id text not null,
  owner text not null,
  key text not null,
  generation integer not null,
  verdict text not null,
  created_at timestamp with time zone not null,
  first_seen timestamp with time zone not null,
  last_seen timestamp with time zone not null,
  removed_at timestamp with time zone,
  detail text,
  constraint orphans_pkey PRIMARY KEY (region, kind, provider_id)
);

create table plans (
  id uuid not null,
  kind text not null,
  deployment_id uuid not null,
  request json not null,
  plan json not null,
  basis jsonb not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  applied_at timestamp with time zone,
  constraint plans_pkey PRIMARY KEY (id)
);
CREATE INDEX plans_by_expiry ON plans USING btree (expires_at);

create table region_checks (
  region text not null,
  due_at timestamp with time zone not null default now(),
  token uuid,
  checked_at timestamp with time zone,
  error text,
  resources integer not null default 0,
  marked integer not null default 0,
  brake text,
  constraint region_checks_pkey PRIMARY KEY (region)
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
CREATE INDEX resources_by_region ON resources USING btree (region) WHERE (state <> 'deleted'::text);
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
  uses jsonb,
  constraint runs_pkey PRIMARY KEY (id)
);
CREATE INDEX heal_runs ON runs USING btree (finished_at) WHERE (kind = 'heal'::text);
CREATE INDEX runs_by_deployment ON runs USING btree (deployment_id, created_at);
CREATE INDEX runs_taking_quota ON runs USING btree (deployment_id) WHERE ((uses IS NOT NULL) AND (finished_at IS NULL));
CREATE INDEX runs_that_took_quota ON runs USING btree (finished_at) WHERE (uses IS NOT NULL);
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

create table webhook_deliveries (
  id uuid not null default gen_random_uuid(),
  webhook_id uuid not null,
  deployment_id uuid,
  seq bigint,
  type text not null,
  status text not null default 'pending'::text,
  in_order boolean not null default true,
  attempts integer not null default 0,
  next_at timestamp with time zone not null default clock_timestamp(),
  taken_until timestamp with time zone,
  response_status integer,
  response_body text,
  error text,
  duration_ms integer,
  created_at timestamp with time zone not null default clock_timestamp(),
  attempted_at timestamp with time zone,
  settled_at timestamp with time zone,
  constraint webhook_deliveries_pkey PRIMARY KEY (id)
);
CREATE INDEX webhook_deliveries_alone ON webhook_deliveries USING btree (webhook_id, next_at) WHERE ((status = 'pending'::text) AND (NOT in_order));
CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries USING btree (webhook_id, deployment_id, seq) WHERE ((status = 'pending'::text) AND in_order);
CREATE INDEX webhook_deliveries_log ON webhook_deliveries USING btree (webhook_id, created_at DESC, id DESC);
CREATE INDEX webhook_deliveries_settled ON webhook_deliveries USING btree (settled_at) WHERE (settled_at IS NOT NULL);

create table webhooks (
  id uuid not null,
  url text not null,
  description text,
  key_id text,
  event_types text[] not null,
  enabled boolean not null default true,
  sealed text not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint webhooks_pkey PRIMARY KEY (id)
);

create table workers (
  id text not null,
  started_at timestamp with time zone not null default now(),
  heartbeat_at timestamp with time zone not null default now(),
  constraint workers_pkey PRIMARY KEY (id)
);

alter table deployments add constraint deployments_template_name_template_version_fkey FOREIGN KEY (template_name, template_version) REFERENCES templates(name, version);
alter table drift add constraint drift_owner_fkey FOREIGN KEY (owner) REFERENCES deployments(id);
alter table drift_refreshes add constraint drift_refreshes_owner_fkey FOREIGN KEY (owner) REFERENCES deployments(id);
alter table events add constraint events_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployments(id);
alter table idempotency_keys add constraint idempotency_keys_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployments(id);
alter table resources add constraint resources_owner_fkey FOREIGN KEY (owner) REFERENCES deployments(id);
alter table resources add constraint resources_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id);
alter table run_nodes add constraint run_nodes_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id);
alter table runs add constraint runs_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployments(id);
alter table webhook_deliveries add constraint webhook_deliveries_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployments(id);

CREATE OR REPLACE FUNCTION queue_webhook_deliveries()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from webhooks where enabled) then
    insert into webhook_deliveries (webhook_id, deployment_id, seq, type)
    select w.id, e.deployment_id, e.seq, e.type
      from inserted e
      join deployments d on d.id = e.deployment_id
      join webhooks w on w.enabled
       and (w.key_id is null or w.key_id = d.created_by)
       and w.event_types && array['*', split_part(e.type, '.', 1) || '.*', e.type];
  end if;
  return null;
end $function$;
CREATE TRIGGER events_to_webhooks AFTER INSERT ON events REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION queue_webhook_deliveries();
