/** What Nova does in Neutron for its servers: ports made or taken over, bound, shown, and given up. */
import { canonical } from './addresses.ts';
import type { Cloud } from './cloud.ts';
import { chooseAddresses } from './neutron-allocation.ts';
import { defaultGroup } from './neutron-default-group.ts';
import { bindPort, makePort, removePort, storePort } from './neutron-ports.ts';
import { checkQuota } from './neutron-quotas.ts';
import { showAddresses } from './nova-addresses.ts';
import type { NicRequest, PortRow, ServerRow } from './rows.ts';
import { isObject, Refusal } from './wire.ts';

const owner = 'compute:nova';
const host = 'oslab';

/**
 * Gives a server its ports.
 * @returns the message of the fault when Neutron refuses, after undoing what was done; undefined when all went well.
 */
export function allocate(cloud: Cloud, server: ServerRow): string | undefined {
  try {
    for (const nic of server.nics) server.ports.push(plug(cloud, server, nic));
    return undefined;
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    release(cloud, server);
    return faultOf(server, refusal);
  }
}

/** Removes the ports Nova made and unbinds those it was given. */
export function release(cloud: Cloud, server: ServerRow): void {
  for (const { id, owned } of server.ports) {
    const port = cloud.state.ports.get(id);
    if (port === undefined) continue; // somebody deleted it under the server, which Neutron allows
    if (owned) removePort(cloud, port);
    else bindPort(cloud, port, { id: '', owner: '', host: '' });
  }
  server.ports = [];
}

function plug(
  cloud: Cloud,
  server: ServerRow,
  nic: NicRequest,
  groups = groupIds(cloud, server),
): { id: string; owned: boolean } {
  if (nic.port_id !== undefined) return { id: take(cloud, server, nic.port_id), owned: false };
  const network = cloud.state.networks.get(nic.network_id ?? '');
  if (network === undefined) throw new Refusal({ status: 404 });
  checkQuota(cloud, 'port', server.project_id, cloud.state.ports.by('project', server.project_id).size);
  const port = makePort(network, {
    project_id: server.project_id,
    device_id: server.id,
    device_owner: owner,
    host,
    status: 'ACTIVE',
  });
  if (port.port_security_enabled) port.security_groups = groups;
  port.fixed_ips = chooseAddresses(
    cloud.state,
    port,
    nic.fixed_ip === undefined ? undefined : [{ ip_address: canonical(nic.fixed_ip) }],
  );
  port.revision_number = 3; // Nova writes a port twice more while it builds
  storePort(cloud, port);
  return { id: port.id, owned: true };
}

function take(cloud: Cloud, server: ServerRow, id: string): string {
  const port = cloud.state.ports.get(id);
  if (port === undefined || (port.device_id !== '' && port.device_id !== server.id)) throw new Refusal({ status: 409 });
  bindPort(cloud, port, { id: server.id, owner, host });
  return id;
}

function groupIds(cloud: Cloud, server: ServerRow): string[] {
  if (server.security_groups.length === 0) return [defaultGroup(cloud, server.project_id).id];
  return server.security_groups.map((name) => groupId(cloud, server.project_id, name)).filter((id) => id !== undefined);
}

/** The id of a project's group by id or name; undefined when there is none. */
export function groupId(cloud: Cloud, project: string, nameOrId: string): string | undefined {
  return groupIdsNamed(cloud, project, nameOrId)[0];
}

/** Ids of all the project's groups with this id or name. */
export function groupIdsNamed(cloud: Cloud, project: string, nameOrId: string): string[] {
  defaultGroup(cloud, project);
  const groups = [...cloud.state.securityGroups.by('project', project)];
  return groups.filter(({ id, name }) => id === nameOrId || name === nameOrId).map(({ id }) => id);
}

// The words of the compute service for what Neutron said.
function faultOf(server: ServerRow, refusal: Refusal): string {
  const type = typeOf(refusal);
  const nic = server.nics.find(({ fixed_ip }) => fixed_ip !== undefined);
  if (type === 'InvalidIpForNetwork' || type === 'InvalidIpForSubnet') {
    return `Build of instance ${server.id} aborted: Invalid input received: Fixed IP ${nic?.fixed_ip ?? ''} is not a valid ip address for network ${nic?.network_id ?? ''}.`;
  }
  if (type === 'IpAddressGenerationFailure') {
    const network = server.nics[0]?.network_id ?? '';
    return `Build of instance ${server.id} aborted: Failed to allocate the network(s) with error No fixed IP addresses available for network: ${network}, not rescheduling.`;
  }
  if (type === 'OverQuota')
    return `Build of instance ${server.id} aborted: Failed to allocate the network(s) with error Maximum number of ports exceeded, not rescheduling.`;
  return `Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures for instance ${server.id}.`;
}

function typeOf(refusal: Refusal): string {
  const body = refusal.answer.body;
  const error = isObject(body) ? body['NeutronError'] : undefined;
  return isObject(error) ? String(error['type']) : '';
}

/** Takes one port off a server: unbound when it was given, removed when Nova made it. */
export function unplug(cloud: Cloud, server: ServerRow, port: PortRow): void {
  const owned = server.ports.find(({ id }) => id === port.id)?.owned === true;
  server.ports = server.ports.filter(({ id }) => id !== port.id);
  if (owned) removePort(cloud, port);
  else bindPort(cloud, port, { id: '', owner: '', host: '' });
  showAddresses(cloud, server);
}

/** Gives a running server one more port; throws Neutron's refusals. */
export function plugOne(cloud: Cloud, server: ServerRow, nic: NicRequest): PortRow {
  // What the order of the server said about groups is forgotten by then.
  const plugged = plug(cloud, server, nic, [defaultGroup(cloud, server.project_id).id]);
  server.ports.push(plugged);
  showAddresses(cloud, server);
  const port = cloud.state.ports.get(plugged.id);
  if (port === undefined) throw new Error(`port ${plugged.id} vanished`);
  return port;
}
