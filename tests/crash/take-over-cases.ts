/**
 * Which take-overs are tried: a selection, because each takes as long as it takes to call a worker dead.
 */

import type { Points } from './points.ts';
import { SCENARIOS, type Scenario } from './scenario.ts';
import { ASKS_PERMISSION } from './statement-label.ts';
import type { Spot, TakeOverCase } from './take-over.ts';

type Side = 'before' | 'after';

/** @param pointsOf of the undisturbed scenario, for what its calls look like */
export function takeOverCases(pointsOf: (scenario: Scenario) => Points): TakeOverCase[] {
  const atCall = (scenario: Scenario, phase: Side, label: string, occurrence = 1): Where => {
    const point = pointsOf(scenario).calls.find((call) => call.label === label && call.occurrence === occurrence);
    if (!point) throw new Error(`${scenario.name} makes no call ${label} #${occurrence}`);
    return { scenario, at: `${phase} ${label} #${occurrence}`, spot: { call: point, phase } };
  };
  const { deploy, rollback, delete: remove } = SCENARIOS;
  const permissions = [1, 2, 3, 5].map((occurrence) => atWrite(deploy, 'after', ASKS_PERMISSION, occurrence));
  return [
    ...of('one of two workers killed', { what: 'killed', goesOn: 'at once' }, [
      atCall(deploy, 'before', 'neutron POST /v2.0/networks'),
      atCall(deploy, 'after', 'nova POST /v2.1/servers', 2),
      atCall(deploy, 'before', 'nova GET /v2.1/servers/detail', 2),
      atCall(rollback, 'before', 'nova DELETE /v2.1/servers/ID'),
      atCall(remove, 'after', 'nova DELETE /v2.1/servers/ID'),
      atCall(remove, 'before', 'neutron DELETE /v2.0/networks/ID'),
    ]),
    ...of('frozen during a call', { what: 'frozen', goesOn: 'at once' }, [
      atCall(deploy, 'before', 'neutron POST /v2.0/routers'),
      atCall(deploy, 'after', 'neutron PUT /v2.0/routers/ID/add_router_interface'),
      atCall(deploy, 'after', 'nova POST /v2.1/servers'),
      atCall(rollback, 'before', 'nova DELETE /v2.1/servers/ID'),
      atCall(remove, 'after', 'neutron DELETE /v2.0/subnets/ID'),
    ]),
    ...of('frozen, call lands on waking', { what: 'frozen', goesOn: 'on waking' }, [
      atCall(deploy, 'before', 'neutron POST /v2.0/networks'),
      atCall(deploy, 'before', 'nova POST /v2.1/servers', 2),
    ]),
    ...of('frozen with the permission in hand', { what: 'frozen', goesOn: 'at once' }, [
      ...permissions,
      atWrite(remove, 'after', ASKS_PERMISSION, 1),
      atWrite(rollback, 'after', ASKS_PERMISSION, 8),
    ]),
    ...of('frozen, write lands on waking', { what: 'frozen', goesOn: 'on waking' }, [
      atWrite(deploy, 'before', 'insert resources', 3),
      atWrite(deploy, 'before', 'update resources (present)', 2),
      atWrite(remove, 'before', 'update resources (deleted)', 1),
    ]),
    ...of('frozen inside a transaction', { what: 'frozen', goesOn: 'on waking' }, [
      atWrite(deploy, 'before', 'commit of (update runs and 2 more)', 1),
      atWrite(deploy, 'before', 'commit of (update runs and 2 more)', 2),
      atWrite(deploy, 'before', 'commit of (insert dbos.operation_outputs)', 2),
    ]),
    ...of('frozen, wakes in the middle', { what: 'frozen', goesOn: 'at once', wakesInTheMiddle: true }, [
      atCall(deploy, 'before', 'nova POST /v2.1/servers'),
      atWrite(deploy, 'after', ASKS_PERMISSION, 3),
      atCall(remove, 'after', 'nova DELETE /v2.1/servers/ID'),
    ]),
  ];
}

type Where = Pick<TakeOverCase, 'scenario' | 'at' | 'spot'>;

function of(
  kind: string,
  how: Pick<TakeOverCase, 'what' | 'goesOn' | 'wakesInTheMiddle'>,
  where: readonly Where[],
): TakeOverCase[] {
  return where.map((place) => ({ ...place, ...how, kind }));
}

function atWrite(scenario: Scenario, side: Side, label: string, occurrence: number): Where {
  const spot: Spot = { write: { label, occurrence }, side };
  return { scenario, at: `${side} "${label}" #${occurrence}`, spot };
}
