/**
 * The life of a server between calls: scheduled, given a network, spawned, destroyed, resized.
 *
 * Each server holds its own next step and when it is due, so a life goes on after a restart of the simulator. With a
 * delay of zero all steps happen inside the call that caused them.
 */
import type { Cloud } from './cloud.ts';
import { vary } from './delays.ts';
import { endAction } from './nova-action-log.ts';
import { showAddresses } from './nova-addresses.ts';
import { allocate, release } from './nova-networking.ts';
import { quotaExcess } from './nova-quotas.ts';
import type { LifeStep, ServerRow } from './rows.ts';

/** Starts the build of a server just stored. */
export function startBuild(cloud: Cloud, server: ServerRow): void {
  plan(cloud, server, 'schedule', 0.05 * vary(cloud.delays, cloud.delays.serverBuild));
}

/** Starts the deletion of a server; one that no host has seen yet is gone at once. */
export function startDestroy(cloud: Cloud, server: ServerRow): void {
  const unscheduled = server.host === null;
  server.task_state = 'deleting';
  server.updated = Date.now();
  const fault = unscheduled ? undefined : cloud.faults.inLife('destroy', server.name);
  if (fault?.destroy_fail === true) server.doom.destroys += 1;
  const extra = seconds(server.metadata['oslab:destroy_delay']) + (fault?.destroy_delay_ms ?? 0);
  plan(cloud, server, 'destroy', unscheduled ? 0 : vary(cloud.delays, cloud.delays.serverDelete) + extra);
}

/** Starts one of the actions on a running server, shown meanwhile by its task state. */
export function startAction(cloud: Cloud, server: ServerRow, step: LifeStep, task: string | null): void {
  server.task_state = task;
  server.updated = Date.now();
  plan(cloud, server, step, vary(cloud.delays, cloud.delays.serverAction));
}

/** Takes up every life again: for a start with a state from disk. */
export function resumeLives(cloud: Cloud): void {
  for (const server of [...cloud.state.servers.values()]) if (server.next !== null) arm(cloud, server);
}

function plan(cloud: Cloud, server: ServerRow, step: LifeStep, delay: number): void {
  server.next = { step, at: Date.now() + delay };
  cloud.state.servers.put(server);
  arm(cloud, server, delay);
}

function arm(cloud: Cloud, server: ServerRow, delay = (server.next?.at ?? 0) - Date.now()): void {
  const { id, next } = server;
  cloud.agenda.after(delay, () => {
    const now = cloud.state.servers.get(id);
    // A later decision, such as a deletion, has replaced this step.
    if (now === undefined || next === null || now.next !== next) return;
    now.next = null;
    now.updated = Date.now();
    steps[next.step](cloud, now);
  });
}

const steps: Readonly<Record<LifeStep, (cloud: Cloud, server: ServerRow) => void>> = {
  schedule,
  network,
  spawn,
  destroy,
  reboot: settleAs('active', 'reboot'),
  start: settleAs('active', 'start'),
  stop: settleAs('stopped', 'stop'),
  pause: settleAs('paused', 'pause'),
  unpause: settleAs('active', 'unpause'),
  suspend: settleAs('suspended', 'suspend'),
  resume: settleAs('active', 'resume'),
  resize,
  confirm: (cloud, server) => {
    endResize(cloud, server, 'confirmResize');
  },
  revert: (cloud, server) => {
    swapFlavors(server);
    endResize(cloud, server, 'revertResize');
  },
};

function settleAs(vmState: string, action: string) {
  return (cloud: Cloud, server: ServerRow): void => {
    endAction(server, action);
    settle(cloud, server, vmState);
  };
}

// Without a host that has room the server is as it was before, and only its list of actions says that there was more.
function resize(cloud: Cloud, server: ServerRow): void {
  if ((server.other_flavor?.ram ?? 0) > largestHost) {
    server.other_flavor = null;
    endAction(server, 'resize', 'No valid host was found. No valid host found for resize');
    settle(cloud, server, server.before_resize ?? 'active');
    return;
  }
  swapFlavors(server);
  endAction(server, 'resize');
  settle(cloud, server, 'resized');
}

function endResize(cloud: Cloud, server: ServerRow, action: string): void {
  server.other_flavor = null;
  endAction(server, action);
  settle(cloud, server, server.before_resize ?? 'active');
}

function swapFlavors(server: ServerRow): void {
  const { flavor, other_flavor } = server;
  server.flavor = other_flavor ?? flavor;
  server.other_flavor = flavor;
}

/** No host of this cloud has more memory, in MiB. */
const largestHost = 1_048_576;

function schedule(cloud: Cloud, server: ServerRow): void {
  const excess = cloud.options.lateQuota
    ? quotaExcess(cloud, server.project_id, { flavor: server.flavor, count: 1, except: server.id })
    : undefined;
  if (excess !== undefined) {
    fail(cloud, server, 413, excess);
    return;
  }
  if (server.flavor.ram > largestHost || server.name.includes('sim-novalidhost')) {
    fail(cloud, server, 500, 'No valid host was found. ');
    if (server.fault !== null) server.fault.buried = true;
    return;
  }
  server.host = 'oslab';
  server.doom.destroys = failuresIn(server.metadata['oslab:destroy_fail']);
  server.task_state = 'networking';
  plan(cloud, server, 'network', 0.25 * vary(cloud.delays, cloud.delays.serverBuild));
}

function network(cloud: Cloud, server: ServerRow): void {
  const message = allocate(cloud, server);
  if (message !== undefined) {
    fail(cloud, server, 500, message);
    return;
  }
  server.task_state = 'spawning';
  const fault = cloud.faults.inLife('spawn', server.name);
  // Remembered in the row, so that the failure comes even if the simulator is restarted in between.
  server.doom.spawn = fault?.spawn_fail ?? null;
  const extra =
    seconds(server.metadata['oslab:spawn_delay']) + (fault?.spawn_delay_ms ?? 0) + slowness(cloud, server.name);
  plan(cloud, server, 'spawn', 0.7 * vary(cloud.delays, cloud.delays.serverBuild) + extra);
}

function spawn(cloud: Cloud, server: ServerRow): void {
  const wanted = server.name.includes('sim-error')
    ? 'abort'
    : (server.doom.spawn ?? server.metadata['oslab:spawn_fail']);
  const failure = wanted === undefined ? undefined : spawnFailures[wanted];
  if (failure !== undefined) {
    release(cloud, server);
    fail(cloud, server, failure.code, failure.message(server));
    return;
  }
  server.launched_at = Date.now();
  showAddresses(cloud, server);
  endAction(server, 'create');
  settle(cloud, server, 'active');
}

const spawnFailures: Readonly<Record<string, { code: number; message: (server: ServerRow) => string }>> = {
  abort: { code: 500, message: ({ id }) => `Build of instance ${id} aborted: groundwork lab: injected failure` },
  reschedule: {
    code: 500,
    message: ({ id }) =>
      `Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures for instance ${id}.`,
  },
  novalidhost: { code: 500, message: () => 'No valid host was found. ' },
  quota: { code: 413, message: () => 'Quota exceeded for instances: Requested 1, but already used 2 of 2 instances' },
};

function destroy(cloud: Cloud, server: ServerRow): void {
  if (server.doom.destroys > 0) {
    server.doom.destroys -= 1;
    server.vm_state = 'error';
    server.task_state = null;
    server.fault = { code: 500, message: 'groundwork lab: injected failure', created: Date.now() };
    cloud.state.servers.put(server);
    return;
  }
  release(cloud, server);
  cloud.state.servers.remove(server.id);
  Object.assign(server, {
    vm_state: 'deleted',
    task_state: null,
    power_state: 0,
    tags: [],
    addresses: {},
    terminated_at: Date.now(),
  });
  cloud.state.deletedServers.put(server);
}

function settle(cloud: Cloud, server: ServerRow, vmState: string): void {
  server.vm_state = vmState;
  server.task_state = null;
  server.power_state = powerStates[vmState === 'resized' ? (server.before_resize ?? 'active') : vmState] ?? 1;
  cloud.state.servers.put(server);
}

/** https://docs.openstack.org/api-ref/compute/#show-server-details (OS-EXT-STS:power_state) */
const powerStates: Readonly<Record<string, number>> = { active: 1, paused: 3, stopped: 4, suspended: 4 };

function fail(cloud: Cloud, server: ServerRow, code: number, message: string): void {
  Object.assign(server, { vm_state: 'error', task_state: null, power_state: 0, host: null, addresses: {} });
  server.fault = { code, message, created: Date.now() };
  endAction(server, 'create', message);
  cloud.state.servers.put(server);
}

/** How often the deletion fails: the number in the sentinel, or once. */
function failuresIn(text: string | undefined): number {
  return text === undefined ? 0 : Number(text) || 1;
}

function seconds(text: string | undefined): number {
  const value = Number(text ?? 0);
  return Number.isFinite(value) && value > 0 ? value * 1000 : 0;
}

/** Milliseconds that a name with `sim-slow` or `sim-slow-3000` costs. */
function slowness(cloud: Cloud, name: string): number {
  const found = /sim-slow(?:-(\d+))?/.exec(name);
  if (found === null) return 0;
  return found[1] === undefined ? cloud.options.slow : Number(found[1]);
}
