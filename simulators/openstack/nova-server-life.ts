/**
 * The life of a server behind the API: scheduling, networking, spawning, ACTIVE or ERROR, and its end.
 *
 * What comes next is part of the row (`next`), so that a life goes on after a restart of the simulator. Each step is
 * a function that changes the row and names the following step; with zero delays they run one after the other inside
 * the call that started them.
 */
import type { Cloud } from './cloud.ts';
import { vary } from './delays.ts';
import { actionSteps } from './nova-action-steps.ts';
import { lateQuotaComplaint } from './nova-quota.ts';
import { attachPorts, releasePorts, shownAddresses } from './nova-server-ports.ts';
import { storeServer } from './nova-server-find.ts';
import { Refusal } from './wire.ts';
import type { LifeStep, ServerRow } from './rows.ts';

type Step = (cloud: Cloud, server: ServerRow) => void;

const steps: Readonly<Record<LifeStep, Step>> = { schedule, network, spawn, destroy, ...actionSteps };

/** Shares of `serverBuild` that the three phases take. */
const shares = { schedule: 0.1, network: 0.3, spawn: 0.6 } as const;

/** Has `step` happen after a delay; it replaces whatever was to come. */
export function plan(cloud: Cloud, server: ServerRow, step: LifeStep, milliseconds: number): void {
  server.next = { step, at: Date.now() + Math.max(0, vary(cloud.delays, milliseconds)) };
  storeServer(cloud, server);
  awaitNext(cloud, server, milliseconds <= 0);
}

export function beginLife(cloud: Cloud, server: ServerRow): void {
  plan(cloud, server, 'schedule', cloud.delays.serverBuild * shares.schedule);
}

/** Takes all lives up again after a start with a state from disk. */
export function resumeLives(cloud: Cloud): void {
  for (const server of [...cloud.state.servers.values()]) awaitNext(cloud, server, false);
}

/** What a deletion does first; the rest follows after `serverDelete`. */
export function beginEnd(cloud: Cloud, server: ServerRow): void {
  server.task_state = 'deleting';
  const extra = cloud.faults.inLife('destroy', server.name);
  if (extra?.destroy_fail === true) server.failing_deletes = Math.max(1, server.failing_deletes);
  const told = Number(server.metadata['oslab:destroy_delay'] ?? 0) * 1000;
  plan(cloud, server, 'destroy', cloud.delays.serverDelete + told + (extra?.destroy_delay_ms ?? 0));
}

function awaitNext(cloud: Cloud, server: ServerRow, now: boolean): void {
  const due = server.next;
  if (due === null) return;
  cloud.agenda.after(now ? 0 : Math.max(1, due.at - Date.now()), () => {
    if (server.next !== due) return; // something else was decided meanwhile
    server.next = null;
    steps[due.step](cloud, server);
  });
}

function schedule(cloud: Cloud, server: ServerRow): void {
  server.task_state = null;
  if (server.doom === 'novalidhost') {
    fail(cloud, server, 500, 'No valid host was found. ');
    return;
  }
  const complaint =
    server.doom === 'quota'
      ? 'Quota exceeded for instances: Requested 0, but already used 3 of 2 instances'
      : lateComplaint(cloud, server);
  if (complaint !== undefined) {
    fail(cloud, server, 413, complaint);
    return;
  }
  server.host = 'oslab';
  server.task_state = server.nics.length === 0 ? 'spawning' : 'networking';
  plan(cloud, server, 'network', cloud.delays.serverBuild * shares.network);
}

function lateComplaint(cloud: Cloud, server: ServerRow): string | undefined {
  return cloud.options.lateQuota ? lateQuotaComplaint(cloud, server) : undefined;
}

function network(cloud: Cloud, server: ServerRow): void {
  try {
    attachPorts(cloud, server);
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    giveUp(cloud, server); // Neutron's refusal is in nova's log; the API tells only this
    return;
  }
  server.task_state = 'spawning';
  if (server.doom === 'stuck') storeServer(cloud, server);
  else plan(cloud, server, 'spawn', cloud.delays.serverBuild * shares.spawn + server.extra_delay);
}

function spawn(cloud: Cloud, server: ServerRow): void {
  if (server.doom === 'abort') {
    releasePorts(cloud, server);
    fail(cloud, server, 500, `Build of instance ${server.id} aborted: oslab: injected failure`);
    return;
  }
  if (server.doom === 'reschedule') {
    giveUp(cloud, server);
    return;
  }
  Object.assign(server, { vm_state: 'active', task_state: null, power_state: 1, launched_at: Date.now() });
  server.addresses = shownAddresses(cloud, server);
  storeServer(cloud, server);
}

function giveUp(cloud: Cloud, server: ServerRow): void {
  releasePorts(cloud, server);
  const message = `Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures for instance ${server.id}.`;
  fail(cloud, server, 500, message);
}

function fail(cloud: Cloud, server: ServerRow, code: number, message: string): void {
  Object.assign(server, {
    vm_state: 'error',
    task_state: null,
    power_state: 0,
    next: null,
    fault: { code, message, created: Date.now() },
  });
  storeServer(cloud, server);
}

function destroy(cloud: Cloud, server: ServerRow): void {
  if (server.metadata['oslab:destroy_fail'] !== undefined || server.failing_deletes !== 0) {
    if (server.failing_deletes > 0) server.failing_deletes -= 1;
    fail(cloud, server, 500, 'Failed to terminate instance: oslab: injected failure');
    return;
  }
  releasePorts(cloud, server);
  cloud.state.servers.remove(server.id);
  const now = Date.now();
  Object.assign(server, {
    vm_state: 'deleted',
    task_state: null,
    power_state: 0,
    host: null,
    updated: now,
    terminated_at: now,
    addresses: {},
  });
  remember(cloud, server);
}

/** Deleted servers are kept for `changes-since`, but not for ever. */
const rememberedDeletions = 2000;

function remember(cloud: Cloud, server: ServerRow): void {
  const { deletedServers } = cloud.state;
  deletedServers.put(server);
  if (deletedServers.size <= rememberedDeletions) return;
  const [oldest] = deletedServers.values();
  if (oldest !== undefined) deletedServers.remove(oldest.id);
}
