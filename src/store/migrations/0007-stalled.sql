-- Which deployments are said to be stalled is asked every few seconds, and nearly always there are none.
create index deployments_stalled on deployments (id) where conditions @> '[{"type": "Stalled", "status": "True"}]';
