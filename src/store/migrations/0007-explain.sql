-- When a node that was refused asks again, so that "why does it not go on?" has an answer with a time.
alter table run_nodes add column next_retry_at timestamptz;
