-- Who asked for a deployment: the id of the API key, or `configured NAME`. Null for those made before.
alter table deployments add column created_by text;

-- Where events are sent to. Without a key it is global; with one it gets the events of what that key deployed.
-- The secret is sealed (src/providers/webhook/sealed-secret.ts): signing needs it, so a hash would not do.
create table webhooks (
  id          uuid        primary key,
  url         text        not null,
  description text,
  key_id      text,
  event_types text[]      not null, -- `run.finished`, `run.*` or `*`
  enabled     boolean     not null default true,
  sealed      text        not null,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now()
);

-- What is to be sent, and the log of what was. No foreign key to `webhooks`: it would make whoever writes an event wait for,
-- and fail with, whoever deletes a webhook.
create table webhook_deliveries (
  id              uuid        primary key default gen_random_uuid(),
  webhook_id      uuid        not null,
  deployment_id   uuid        references deployments (id), -- null for a test
  seq             bigint,
  type            text        not null,
  status          text        not null default 'pending',
  in_order        boolean     not null default true, -- holds back later ones of its deployment until it is settled
  attempts        integer     not null default 0,
  next_at         timestamptz not null default clock_timestamp(),
  taken_until     timestamptz, -- somebody is sending it until then
  response_status integer,
  response_body   text,
  error           text,
  duration_ms     integer,
  created_at      timestamptz not null default clock_timestamp(),
  attempted_at    timestamptz,
  settled_at      timestamptz
);
create index webhook_deliveries_in_order on webhook_deliveries (webhook_id, deployment_id, seq) where status = 'pending' and in_order;
create index webhook_deliveries_alone on webhook_deliveries (webhook_id, next_at) where status = 'pending' and not in_order;
create index webhook_deliveries_log on webhook_deliveries (webhook_id, created_at desc, id desc);
create index webhook_deliveries_settled on webhook_deliveries (settled_at) where settled_at is not null;

-- Every writer of events, now and later, goes through here: a delivery is committed with its event, or neither is.
create function queue_webhook_deliveries() returns trigger language plpgsql as $$
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
end $$;
create trigger events_to_webhooks after insert on events
  referencing new table as inserted for each statement execute function queue_webhook_deliveries();
