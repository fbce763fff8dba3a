-- What the last look at the cloud found different from the ledger, one row an object. `provider_id` is empty while the
-- ledger does not know the object; `open` says that some difference was not accepted.
create table drift (
  owner       uuid        not null references deployments (id),
  key         text        not null,
  provider_id text        not null,
  kind        text        not null,
  region      text        not null,
  type        text        not null,
  is_gone     boolean     not null,
  is_open     boolean     not null,
  differences jsonb       not null,
  accepted    jsonb       not null default '[]', -- differences that a person accepted
  first_seen  timestamptz not null,
  last_seen   timestamptz not null,
  primary key (owner, key, provider_id)
);
create index drift_by_region on drift (region);

-- Looks at single deployments that somebody asked for.
create table drift_refreshes (
  owner      uuid        primary key references deployments (id),
  checked_at timestamptz not null
);

-- Objects with an owner mark that nothing in the ledger stands for. Removed ones are kept: every deletion is on record.
create table orphans (
  region      text        not null,
  kind        text        not null,
  provider_id text        not null,
  owner       text        not null, -- as the mark says, which need not be one of ours
  key         text        not null,
  generation  integer     not null,
  verdict     text        not null,
  created_at  timestamptz not null, -- by the cloud's clock
  first_seen  timestamptz not null,
  last_seen   timestamptz not null,
  removed_at  timestamptz,
  detail      text, -- why it could not be removed
  primary key (region, kind, provider_id)
);

-- Looks at whole regions. Of several servers one takes a look, by moving `due_at` on; a dead one's look is due again then.
create table region_checks (
  region     text        primary key,
  due_at     timestamptz not null default now(),
  token      uuid,
  checked_at timestamptz, -- of the last look that saw everything
  error      text, -- why the last look did not
  resources  integer     not null default 0, -- looked at
  marked     integer     not null default 0, -- objects with a mark
  brake      text -- why the last sweep did not begin
);

create index resources_by_region on resources (region) where state <> 'deleted';
create index heal_runs on runs (finished_at) where kind = 'heal';
