-- When `expires_at` was said: from both follows when to warn.
alter table deployments add column expiry_set_at timestamptz;
-- When somebody has to look next: to warn, to delete, or to see what became of the deletion. Null when there is nothing left.
alter table deployments add column expiry_look_at timestamptz;
create index deployments_by_expiry_look on deployments (expiry_look_at) where expiry_look_at is not null;
