/**
 * Reading a server: what Nova says about it, and what that means. Pure.
 */

import type { Failure } from '../../domain/failure.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Assessment, Observed } from '../../ports/driver.ts';
import { present } from './neutron.ts';
import type { WireNamed, WireServer } from './wire.ts';

/** Deleted for its owner, even where operators keep the remains for a while. */
export function isGone(status: string): boolean {
  return status === 'DELETED' || status === 'SOFT_DELETED';
}

/** What its ledger row and other lists add to what Nova says about it. */
export interface ServerContext {
  /** Metadata that mark it as ours, as they should be. */
  readonly mark?: JsonObject;
  /** The size that Nova gives by its name or its id only, both ways; unknown for one that was deleted. */
  readonly flavor?: WireNamed;
  /** An order that is being carried out although the server does not show it. */
  readonly underWay?: string;
}

export function readServer(server: WireServer, context: ServerContext = {}): Observed {
  return present({
    name: server.name,
    status: server.status,
    task_state: server['OS-EXT-STS:task_state'] ?? undefined,
    vm_state: server['OS-EXT-STS:vm_state'],
    power_state: server['OS-EXT-STS:power_state'],
    fault: server.fault && { code: server.fault.code, message: server.fault.message },
    addresses: readAddresses(server),
    ...readFlavor(server, context),
    security_groups: server.security_groups?.map(({ name }) => name),
    metadata: server.metadata,
    mark: context.mark,
    under_way: context.underWay,
    host: server['OS-EXT-SRV-ATTR:host'] ?? (server.hostId || undefined),
  });
}

function readFlavor({ flavor }: WireServer, context: ServerContext): JsonObject {
  return present({
    flavor: flavor?.original_name ?? context.flavor?.name,
    flavor_id: flavor?.id ?? context.flavor?.id,
  });
}

/** Network name → addresses. */
function readAddresses({ addresses = {} }: WireServer): JsonObject {
  return Object.fromEntries(
    Object.entries(addresses).map(([network, list]) => [network, list.map(({ addr }) => addr)]),
  );
}

/** Ready when ACTIVE with its address; Nova's own fault, word by word, when ERROR. */
export function assessServer(wanted: JsonObject, observed: Observed): Assessment {
  const status = String(observed['status']);
  const task = observed['task_state'];
  if (status === 'ERROR') return { state: 'failed', failure: failureOfFault(observed) };
  if (isGone(status)) return { state: 'failed', failure: deletedMeanwhile(observed) };
  const ip = ipOf(wanted, observed);
  if (status === 'ACTIVE' && !isLeaving(task) && ip !== undefined) {
    return { state: 'ready', outputs: readOutputs(wanted, observed, ip) };
  }
  return { state: 'pending', detail: describeState(observed) };
}

function isLeaving(task: Json | undefined): boolean {
  return task === 'deleting' || task === 'soft-deleting';
}

/** The address that was asked for, or else the first one it got. */
function ipOf(wanted: JsonObject, observed: Observed): string | undefined {
  if (typeof wanted['fixed_ip'] === 'string') return wanted['fixed_ip'];
  const [first] = Object.values(observed['addresses'] ?? {}).flat();
  return typeof first === 'string' ? first : undefined;
}

function readOutputs(wanted: JsonObject, observed: Observed, ip: string): JsonObject {
  return present({
    name: observed['name'],
    ip,
    addresses: observed['addresses'],
    flavor: observed['flavor'] ?? wanted['flavor'],
    metadata_keys: metadataKeys(wanted),
    host: observed['host'],
  });
}

/** So that a key that is no longer wanted can be told from one that somebody else has set. */
function metadataKeys({ metadata }: JsonObject): string[] | undefined {
  const keys = Object.keys(metadata ?? {});
  return keys.length === 0 ? undefined : keys;
}

/** https://docs.openstack.org/api-ref/compute/#show-server-details (OS-EXT-STS:power_state) */
const POWER_STATES: Readonly<Record<number, string>> = {
  1: 'running',
  3: 'paused',
  4: 'shut down',
  6: 'crashed',
  7: 'suspended',
};

/** For example `BUILD, spawning` or `ACTIVE, powering-off, running`. */
function describeState(observed: Observed): string {
  const power = POWER_STATES[Number(observed['power_state'])];
  return [observed['status'], observed['task_state'] ?? observed['under_way'], power]
    .filter((word) => word !== undefined)
    .join(', ');
}

interface KnownFault {
  readonly words: RegExp;
  readonly type: string;
  readonly remedy: string;
}

const KNOWN_FAULTS: readonly KnownFault[] = [
  {
    words: /quota exceeded/i,
    type: 'QuotaExceeded',
    remedy: 'Ask for a higher quota of the project, or delete what is not needed.',
  },
  {
    words: /no valid host|exhausted all hosts/i,
    type: 'NoValidHost',
    remedy: 'No host takes this server: choose a smaller flavor or another zone, or ask the operators for room.',
  },
  { words: /aborted/i, type: 'BuildAborted', remedy: 'Try again; if it happens again, ask the operators.' },
];

/** The conductor's second check of the quota leaves code 413 (two requests at once passed the first one). */
function failureOfFault(observed: Observed): Failure {
  const fault = observed['fault'];
  const name = String(observed['name']);
  if (typeof fault !== 'object' || fault === null || !('message' in fault)) {
    const message = `server ${name} is in ERROR and the cloud gives no fault; its compute host may have died`;
    return {
      class: 'permanent',
      type: 'ServerError',
      message,
      remedy: 'Delete it and try again, or ask the operators.',
    };
  }
  const words = String(fault['message']);
  const known =
    KNOWN_FAULTS.find((candidate) => candidate.words.test(words)) ??
    (fault['code'] === 413 ? KNOWN_FAULTS[0] : undefined);
  return {
    class: 'permanent',
    type: known?.type ?? 'ServerError',
    message: `server ${name} is in ERROR with fault ${String(fault['code'])}: ${words.trim()}`,
    words: words.trim(),
    remedy: known?.remedy ?? 'Give the words of the fault to the operators of the cloud.',
  };
}

function deletedMeanwhile(observed: Observed): Failure {
  const message = `server ${String(observed['name'])} was deleted by someone else: its status is ${String(observed['status'])}`;
  return { class: 'permanent', type: 'ServerDeleted', message, remedy: 'Find out who deleted it, then try again.' };
}
