-- What a deployment is to become over time. The template's version and the parameters say what was asked for at first;
-- overrides are a merge patch (RFC 7396) on the merged template, for what no parameter reaches.
alter table deployments add column overrides json not null default '{}';
-- What these three come to: the merged template that plans are made from.
alter table deployments add column config json not null default '{}';
-- Observed aspects with their reasons, one a type.
alter table deployments add column conditions jsonb not null default '[]';
-- What to do about drift: tell (`alert`) or put right (`heal`).
alter table deployments add column drift_policy text not null default 'alert';
alter table deployments add column expires_at timestamptz;
create index deployments_by_expiry on deployments (expires_at) where expires_at is not null and status <> 'DELETED';
-- The most that it may cost: {amount_per_month, currency}.
alter table deployments add column budget jsonb;

-- Parameters, overrides and configuration that the deployment adopts when the run succeeds.
alter table runs add column target json;
-- Inputs of a run that is more than its plan (a playbook and its variables), and what came out of it.
alter table runs add column request jsonb;
alter table runs add column result jsonb;
