/** POST /servers: everything Nova looks up before it says 202. */
import { canonical } from './addresses.ts';
import type { Cloud } from './cloud.ts';
import { password, uuid } from './identifiers.ts';
import { heldIn } from './neutron-allocation.ts';
import { neutronLimit } from './neutron-quotas.ts';
import { badRequest, conflict, forbidden, refuse } from './nova-errors.ts';
import { noteAction } from './nova-action-log.ts';
import { startBuild } from './nova-life.ts';
import { groupIdsNamed } from './nova-networking.ts';
import { quotaExcess, quotaRefusal } from './nova-quotas.ts';
import { checkMetadata, readServer } from './nova-server-schema.ts';
import { linksTo, serverUrl } from './nova-server-view.ts';
import type { FlavorRow, NetworkRow, NicRequest, ServerRow } from './rows.ts';
import { isObject, tokenOf, type Answer, type Call, type JsonObject } from './wire.ts';

export function createServers(cloud: Cloud, call: Call): Answer {
  const wanted = readServer(call);
  const count = Number(wanted['max_count'] ?? wanted['min_count'] ?? 1);
  const row = rowFor(cloud, call, wanted, count);
  refuseOverQuota(cloud, row, count);
  const names = count === 1 ? [row.name] : Array.from({ length: count }, (_, index) => `${row.name}-${index + 1}`);
  const servers = names.map((name) => ({ ...structuredClone(row), id: uuid(), name, hostname: hostnameOf(name) }));
  for (const server of servers) {
    noteAction(server, 'create', call);
    startBuild(cloud, server);
  }
  const id = servers[0]?.id ?? '';
  if (wanted['return_reservation_id'] === true) return { status: 202, body: { reservation_id: row.reservation_id } };
  const groups = row.security_groups.length === 0 ? ['default'] : row.security_groups;
  const server = {
    id,
    links: linksTo(cloud, 'servers', id),
    'OS-DCF:diskConfig': row.disk_config,
    security_groups: groups.map((name) => ({ name })),
    adminPass: typeof wanted['adminPass'] === 'string' ? wanted['adminPass'] : password(),
  };
  return { status: 202, headers: { Location: serverUrl(cloud, id) }, body: { server } };
}

function rowFor(cloud: Cloud, call: Call, wanted: JsonObject, count: number): ServerRow {
  const token = tokenOf(call);
  const flavor = flavorFor(cloud, wanted['flavorRef']);
  const image = imageFor(cloud, wanted['imageRef']);
  const nics = nicsFor(cloud, call, wanted['networks']);
  if (count > 1 && nics.some((nic) => nic.fixed_ip !== undefined)) {
    throw badRequest('Failed to launch instances: max_count cannot be greater than 1 if an fixed_ip is specified.');
  }
  const now = Date.now();
  return {
    id: '',
    name: String(wanted['name']),
    project_id: token.project_id ?? '',
    user_id: token.user_id,
    vm_state: 'building',
    task_state: 'scheduling',
    power_state: 0,
    flavor,
    other_flavor: null,
    image_id: image,
    metadata: checkMetadata(wanted['metadata']),
    tags: Array.isArray(wanted['tags']) ? [...new Set(wanted['tags'].map(String))].sort() : [],
    description: textOrNull(wanted['description']),
    key_name: keyFor(cloud, call, wanted['key_name']),
    security_groups: groupsFor(cloud, call, wanted['security_groups']),
    user_data: textOrNull(wanted['user_data']),
    config_drive: wanted['config_drive'] === true ? 'True' : '',
    disk_config: textOrNull(wanted['OS-DCF:diskConfig']) ?? 'MANUAL',
    availability_zone: textOrNull(wanted['availability_zone']) ?? '',
    hostname: '',
    access_ip_v4: textOrNull(wanted['accessIPv4']) ?? '',
    access_ip_v6: textOrNull(wanted['accessIPv6']) ?? '',
    reservation_id: `r-${uuid().slice(0, 8)}`,
    locked: false,
    locked_reason: null,
    fault: null,
    host: null,
    nics,
    ports: [],
    addresses: {},
    created: now,
    updated: now,
    launched_at: null,
    terminated_at: null,
    doom: { spawn: null, destroys: 0 },
    next: null,
  };
}

function refuseOverQuota(cloud: Cloud, row: ServerRow, count: number): void {
  if (row.name.includes('sim-quota')) throw quotaRefusal(cloud, row.project_id);
  const excess = quotaExcess(cloud, row.project_id, { flavor: row.flavor, count });
  if (excess !== undefined) throw refuse(403, excess);
  const limit = neutronLimit(cloud, 'port', row.project_id);
  const ports = row.nics.filter((nic) => nic.port_id === undefined).length * count;
  if (limit >= 0 && cloud.state.ports.by('project', row.project_id).size + ports > limit)
    throw refuse(403, 'Maximum number of ports exceeded');
}

function flavorFor(cloud: Cloud, reference: unknown): FlavorRow {
  const id = String(reference).split('/').at(-1) ?? '';
  const flavor = cloud.state.flavors.get(id);
  if (flavor === undefined) throw badRequest(`Flavor ${String(reference)} could not be found.`);
  return flavor;
}

function imageFor(cloud: Cloud, reference: unknown): string {
  if (typeof reference !== 'string' || reference === '') throw badRequest('Missing imageRef attribute');
  const image = cloud.state.images.get(reference);
  if (image === undefined) throw badRequest('Can not find requested image');
  if (image.status !== 'active') throw badRequest(`Image ${image.id} is not active.`);
  return image.id;
}

function keyFor(cloud: Cloud, call: Call, name: unknown): string | null {
  if (typeof name !== 'string') return null;
  if (cloud.state.keypairs.get(`${tokenOf(call).user_id}/${name}`) === undefined)
    throw badRequest('Invalid key_name provided.');
  return name;
}

function groupsFor(cloud: Cloud, call: Call, wanted: unknown): string[] {
  const names = (Array.isArray(wanted) ? wanted : []).map((group: unknown) =>
    String(isObject(group) ? group['name'] : group),
  );
  for (const name of names) {
    const found = groupIdsNamed(cloud, tokenOf(call).project_id ?? '', name);
    if (found.length === 0) throw badRequest(`Unable to find security_group with name or id '${name}'`);
    if (found.length > 1)
      throw conflict(`Multiple security_group matches found for name '${name}', use an ID to be more specific.`);
  }
  return [...new Set(names)];
}

function nicsFor(cloud: Cloud, call: Call, networks: unknown): NicRequest[] {
  if (networks === 'none') return [];
  if (Array.isArray(networks) && networks.length > 0)
    return networks.map((entry) => nicFor(cloud, call, isObject(entry) ? entry : {}));
  const candidates = [...cloud.state.networks.by('project', tokenOf(call).project_id ?? '')].filter(
    (network) => !network.external,
  );
  if (candidates.length > 1) throw conflict('Multiple possible networks found, use a Network ID to be more specific.');
  const only = candidates[0];
  if (only !== undefined) return [nicFor(cloud, call, { uuid: only.id })];
  if (networks === 'auto')
    throw badRequest(`Unable to automatically allocate a network for project ${tokenOf(call).project_id}`);
  return [];
}

function nicFor(cloud: Cloud, call: Call, entry: JsonObject): NicRequest {
  if (typeof entry['port'] === 'string') return byPort(cloud, call, entry['port']);
  if (typeof entry['uuid'] !== 'string') throw badRequest("Bad network format: missing 'uuid'");
  const network = networkFor(cloud, call, entry['uuid']);
  const fixed = typeof entry['fixed_ip'] === 'string' ? entry['fixed_ip'] : undefined;
  if (fixed !== undefined) refuseTaken(cloud, network, fixed);
  return { network_id: network.id, port_id: undefined, fixed_ip: fixed };
}

function byPort(cloud: Cloud, call: Call, id: string): NicRequest {
  const port = cloud.state.ports.get(id);
  const token = tokenOf(call);
  if (port === undefined || !(token.admin || port.project_id === token.project_id))
    throw badRequest(`Port id ${id} could not be found.`);
  if (port.device_id !== '') throw conflict(`Port ${id} is still in use.`);
  if (port.fixed_ips.length === 0) throw badRequest(`Port ${id} requires a FixedIP in order to be used.`);
  return { network_id: port.network_id, port_id: id, fixed_ip: undefined };
}

function networkFor(cloud: Cloud, call: Call, id: string): NetworkRow {
  const network = cloud.state.networks.get(id);
  const token = tokenOf(call);
  const visible =
    network !== undefined &&
    (token.admin || network.project_id === token.project_id || network.shared || network.external);
  if (!visible) throw badRequest(`Network ${id} could not be found.`);
  if (network.external && !token.admin && network.project_id !== token.project_id)
    throw forbidden('servers:create:attach_network');
  if (cloud.state.subnets.by('network', id).size === 0)
    throw badRequest(`Network ${id} requires a subnet in order to boot instances on.`);
  return network;
}

function refuseTaken(cloud: Cloud, network: NetworkRow, fixed: string): void {
  const address = canonical(fixed);
  for (const subnet of cloud.state.subnets.by('network', network.id)) {
    const holder = cloud.state.ports.get(heldIn(cloud.state, subnet.id).get(address) ?? '');
    if (holder !== undefined)
      throw badRequest(`Fixed IP address ${fixed} is already in use on instance ${holder.device_id}.`);
  }
}

function hostnameOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[\s_]/g, '-')
    .replaceAll(/[^a-z0-9.-]/g, '')
    .slice(0, 63);
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
