-- When the owner of an ended run is looked at once more: a request of a dead worker, or one whose answer was lost, may land
-- after the run's own last look. Null when that is done or was not needed.
alter table runs add column sweep_again_at timestamptz;
create index runs_to_sweep on runs (sweep_again_at) where sweep_again_at is not null;
