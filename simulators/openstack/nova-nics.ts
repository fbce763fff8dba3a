/** The `networks` of POST /servers: what Nova asks Neutron about them before it says 202. */
import { canonical } from './addresses.ts';
import type { Cloud } from './cloud.ts';
import { heldIn } from './neutron-allocation.ts';
import { neutronLimit } from './neutron-quotas.ts';
import { badRequest, refuse } from './nova-errors.ts';
import type { NetworkRow, NicRequest } from './rows.ts';
import { isObject, tokenOf, type Call, type JsonObject } from './wire.ts';

/** Throws for what can be known now; an address outside all subnets is found out only during the build. */
export function requestedNics(cloud: Cloud, call: Call, wanted: unknown, count: number): NicRequest[] {
  const nics =
    Array.isArray(wanted) && wanted.length > 0
      ? wanted.map((entry) => read(cloud, call, isObject(entry) ? entry : {}))
      : automatic(cloud, call, wanted);
  if (count > 1 && nics.some((nic) => nic.fixed_ip !== undefined)) {
    throw badRequest('Failed to launch instances: max_count cannot be greater than 1 if an fixed_ip is specified.');
  }
  if (count > 1 && nics.some((nic) => nic.port_id !== undefined)) {
    throw badRequest(
      'Unable to launch multiple instances with a single configured port ID. Please launch your instance one by one with different ports.',
    );
  }
  refuseOverPortQuota(cloud, call, nics);
  return nics;
}

function read(cloud: Cloud, call: Call, entry: JsonObject): NicRequest {
  if (typeof entry['port'] === 'string')
    return { network_id: undefined, port_id: checkPort(cloud, call, entry['port']), fixed_ip: undefined };
  const network = checkNetwork(cloud, call, String(entry['uuid']));
  const address = typeof entry['fixed_ip'] === 'string' ? canonical(entry['fixed_ip']) : undefined;
  if (address !== undefined) refuseTaken(cloud, network, address);
  return { network_id: network.id, port_id: undefined, fixed_ip: address };
}

function checkPort(cloud: Cloud, call: Call, id: string): string {
  const port = cloud.state.ports.get(id);
  const token = tokenOf(call);
  if (port === undefined || !(token.admin || port.project_id === token.project_id))
    throw badRequest(`Port id ${id} could not be found.`);
  if (port.device_id !== '') throw refuse(409, `Port ${id} is still in use.`);
  if (port.fixed_ips.length === 0) throw badRequest(`Port ${id} requires a FixedIP in order to be used.`);
  return id;
}

function checkNetwork(cloud: Cloud, call: Call, id: string): NetworkRow {
  const network = cloud.state.networks.get(id);
  const token = tokenOf(call);
  const own = network !== undefined && (token.admin || network.project_id === token.project_id || network.shared);
  if (network === undefined || !(own || network.external)) throw badRequest(`Network ${id} could not be found.`);
  if (cloud.state.subnets.by('network', id).size === 0)
    throw badRequest(`Network ${id} requires a subnet in order to boot instances on.`);
  if (network.external && !own) throw refuse(403, `It is not allowed to create an interface on external network ${id}`);
  return network;
}

function refuseTaken(cloud: Cloud, network: NetworkRow, address: string): void {
  for (const subnet of cloud.state.subnets.by('network', network.id)) {
    const holder = heldIn(cloud.state, subnet.id).get(address);
    if (holder === undefined) continue;
    throw badRequest(
      `Fixed IP address ${address} is already in use on instance ${cloud.state.ports.get(holder)?.device_id ?? ''}.`,
    );
  }
}

// Without a word, or with `auto`: the project's only network, or none at all.
function automatic(cloud: Cloud, call: Call, wanted: unknown): NicRequest[] {
  if (wanted === 'none') return [];
  const project = tokenOf(call).project_id ?? '';
  const own = [...cloud.state.networks.by('project', project)].filter((network) => !network.external);
  const shared = [...cloud.state.networks.values()].filter(
    (network) => network.shared && network.project_id !== project,
  );
  const networks = own.length > 0 ? own : shared;
  if (networks.length > 1) throw refuse(409, 'Multiple possible networks found, use a Network ID to be more specific.');
  const [only] = networks;
  if (only !== undefined)
    return [{ network_id: checkNetwork(cloud, call, only.id).id, port_id: undefined, fixed_ip: undefined }];
  if (wanted === 'auto') throw badRequest(`Unable to automatically allocate a network for project ${project}`);
  return [];
}

function refuseOverPortQuota(cloud: Cloud, call: Call, nics: readonly NicRequest[]): void {
  const project = tokenOf(call).project_id ?? '';
  const limit = neutronLimit(cloud, 'port', project);
  const needed = nics.filter((nic) => nic.port_id === undefined).length;
  if (limit >= 0 && needed > 0 && limit - cloud.state.ports.by('project', project).size < needed)
    throw refuse(403, 'Maximum number of ports exceeded');
}
