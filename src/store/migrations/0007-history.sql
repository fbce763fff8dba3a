-- What a view of the deployment showed from this event on, where the event belongs to a change of the deployment or its run:
-- with the events of its resources it tells the deployment as it was at any time.
alter table events add column shown json; -- json, not jsonb: keeps the order in which parameters were written
