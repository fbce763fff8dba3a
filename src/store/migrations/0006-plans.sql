-- Plans that were shown and may be applied exactly as shown, for a while. For a plan that creates a deployment,
-- deployment_id is the id that it will have.
create table plans (
  id uuid primary key,
  kind text not null,
  deployment_id uuid not null,
  request json not null,
  plan json not null,
  -- What it was made from: the template's version, and hashes of what was wanted and of the ledger.
  basis jsonb not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  applied_at timestamptz
);
create index plans_by_expiry on plans (expires_at);

-- What a run takes of the region's quotas in all, by quota name; null when nothing or unknown. The nodes of its plan have it
-- one by one.
alter table runs add column uses jsonb;
create index runs_taking_quota on runs (deployment_id) where uses is not null and finished_at is null;
create index runs_that_took_quota on runs (finished_at) where uses is not null;
