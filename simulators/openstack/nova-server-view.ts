/** A server as the API shows it: which fields, depends on the microversion, the caller and the call. */
import { createHash } from 'node:crypto';
import { isoMicroseconds, isoSeconds, prefixes, type Cloud } from './cloud.ts';
import type { FlavorRow, ServerRow } from './rows.ts';
import { tokenOf, type Call, type JsonObject } from './wire.ts';

/** Microversions at which the view changes; the texts in between are the same and kept once. */
const steps = [3, 9, 19, 26, 47, 63, 71, 73, 90] as const;

/** The JSON of one server in full; `single` for GET of one, which alone shows server groups. */
export function detailJson(cloud: Cloud, server: ServerRow, call: Call, single: boolean): string {
  const { admin } = tokenOf(call);
  const level = steps.filter((step) => step <= call.microversion).length;
  const view = (): JsonObject => detail(cloud, server, { version: call.microversion, admin, single });
  const table = server.vm_state === 'deleted' ? cloud.state.deletedServers : cloud.state.servers;
  return table.json(server, `${level}${admin ? 'a' : 'm'}${single ? '1' : 'n'}`, view);
}

/** The JSON of one server in a list without details. */
export function summaryJson(cloud: Cloud, server: ServerRow): string {
  const view = (): JsonObject => ({ id: server.id, name: server.name, links: linksTo(cloud, 'servers', server.id) });
  const table = server.vm_state === 'deleted' ? cloud.state.deletedServers : cloud.state.servers;
  return table.json(server, 's', view);
}

export function linksTo(cloud: Cloud, collection: string, id: string): JsonObject[] {
  return [
    { rel: 'self', href: `${cloud.url}${prefixes.nova}/v2.1/${collection}/${id}` },
    bookmark(cloud, collection, id),
  ];
}

/** Absolute address of a server or something below it. */
export function serverUrl(cloud: Cloud, path: string): string {
  return `${cloud.url}${prefixes.nova}/v2.1/servers/${path}`;
}

/** The API's status, from the two states Nova keeps. */
export function statusOf({ vm_state, task_state }: ServerRow): string {
  const byTask = statuses[`${vm_state}/${task_state ?? ''}`];
  return byTask ?? statuses[vm_state] ?? 'UNKNOWN';
}

const statuses: Readonly<Record<string, string>> = {
  building: 'BUILD',
  active: 'ACTIVE',
  'active/reboot_started': 'REBOOT',
  'active/rebooting': 'REBOOT',
  'active/rebooting_hard': 'HARD_REBOOT',
  'active/resize_prep': 'RESIZE',
  'active/resize_migrating': 'RESIZE',
  'stopped/resize_prep': 'RESIZE',
  'stopped/rebooting_hard': 'HARD_REBOOT',
  stopped: 'SHUTOFF',
  paused: 'PAUSED',
  suspended: 'SUSPENDED',
  resized: 'VERIFY_RESIZE',
  'resized/resize_reverting': 'REVERT_RESIZE',
  error: 'ERROR',
  deleted: 'DELETED',
};

/** What may stand in the filter `status`. */
export const knownStatuses: ReadonlySet<string> = new Set([
  ...Object.values(statuses),
  ...['REBUILD', 'PASSWORD', 'MIGRATING', 'RESCUE', 'SOFT_DELETED', 'SHELVED', 'SHELVED_OFFLOADED', 'UNKNOWN'],
]);

interface Viewer {
  readonly version: number;
  readonly admin: boolean;
  readonly single: boolean;
}

function detail(cloud: Cloud, server: ServerRow, { version, admin, single }: Viewer): JsonObject {
  const status = statusOf(server);
  const from = (since: number, fields: JsonObject): JsonObject => (version >= since ? fields : {});
  return {
    id: server.id,
    name: server.name,
    status,
    tenant_id: server.project_id,
    user_id: server.user_id,
    metadata: server.metadata,
    hostId: hostIdOf(server),
    image: { id: server.image_id, links: [bookmark(cloud, 'images', server.image_id)] },
    flavor:
      version >= 47
        ? embedded(server.flavor)
        : { id: server.flavor.id, links: [bookmark(cloud, 'flavors', server.flavor.id)] },
    created: isoSeconds(server.created),
    updated: isoSeconds(server.updated),
    addresses: addressesOf(server),
    accessIPv4: server.access_ip_v4,
    accessIPv6: server.access_ip_v6,
    links: linksTo(cloud, 'servers', server.id),
    'OS-DCF:diskConfig': server.disk_config,
    ...(showsFault(server, status, single) && { fault: faultOf(server, admin) }),
    ...(withProgress.has(status) && { progress: 0 }),
    'OS-EXT-AZ:availability_zone': server.host === null ? '' : 'nova',
    config_drive: server.config_drive,
    key_name: server.key_name,
    'OS-SRV-USG:launched_at': server.launched_at === null ? null : wholeSeconds(server.launched_at),
    'OS-SRV-USG:terminated_at': server.terminated_at === null ? null : wholeSeconds(server.terminated_at),
    ...securityGroupsOf(cloud, server),
    'OS-EXT-STS:task_state': server.task_state,
    'OS-EXT-STS:vm_state': server.vm_state,
    'OS-EXT-STS:power_state': server.power_state,
    'os-extended-volumes:volumes_attached': [],
    ...(admin && hypervisorOf(server, version)),
    ...from(9, { locked: server.locked }),
    ...from(73, { locked_reason: server.locked_reason }),
    ...from(19, { description: server.description }),
    ...from(26, { tags: server.tags }),
    ...from(63, { trusted_image_certificates: null }),
    ...(single && from(71, { server_groups: [] })),
    ...(version >= 90 && !admin && { 'OS-EXT-SRV-ATTR:hostname': server.hostname }),
  };
}

const withProgress = new Set(['ACTIVE', 'BUILD', 'REBOOT', 'RESIZE', 'VERIFY_RESIZE']);

function embedded(flavor: FlavorRow): JsonObject {
  const { vcpus, ram, disk, ephemeral, swap, name, extra_specs } = flavor;
  return { vcpus, ram, disk, ephemeral, swap, original_name: name, extra_specs };
}

function addressesOf(server: ServerRow): JsonObject {
  const shown = Object.entries(server.addresses).map(([network, list]) => [
    network,
    list.map(({ version, addr, mac, type }) => ({
      version,
      addr,
      'OS-EXT-IPS:type': type,
      'OS-EXT-IPS-MAC:mac_addr': mac,
    })),
  ]);
  return Object.fromEntries(shown) as JsonObject;
}

// Nova asks Neutron: the groups are those of the ports, once for each; without ports the field is not there.
function securityGroupsOf(cloud: Cloud, server: ServerRow): JsonObject {
  const ids = [...cloud.state.ports.by('device', server.id)].flatMap((port) => port.security_groups);
  if (ids.length === 0) return {};
  return { security_groups: ids.map((id) => ({ name: cloud.state.securityGroups.get(id)?.name ?? id })) };
}

// A list reads the faults of cells, and a server that found no host has none.
function showsFault({ fault }: ServerRow, status: string, single: boolean): boolean {
  return ['ERROR', 'DELETED'].includes(status) && fault !== null && (single || fault.buried !== true);
}

function faultOf(server: ServerRow, admin: boolean): JsonObject {
  const { code, message, created, details } = server.fault ?? { code: 500, message: '', created: server.updated };
  return { code, created: isoSeconds(created), message, ...(admin && { details: details ?? '' }) };
}

function hypervisorOf(server: ServerRow, version: number): JsonObject {
  return {
    'OS-EXT-SRV-ATTR:host': server.host,
    'OS-EXT-SRV-ATTR:instance_name': `instance-${server.id.slice(0, 8)}`,
    'OS-EXT-SRV-ATTR:hypervisor_hostname': server.host,
    ...(version >= 3 && {
      'OS-EXT-SRV-ATTR:reservation_id': server.reservation_id,
      'OS-EXT-SRV-ATTR:launch_index': 0,
      'OS-EXT-SRV-ATTR:hostname': server.hostname,
      'OS-EXT-SRV-ATTR:kernel_id': '',
      'OS-EXT-SRV-ATTR:ramdisk_id': '',
      'OS-EXT-SRV-ATTR:root_device_name': '/dev/vda',
      'OS-EXT-SRV-ATTR:user_data': server.user_data,
    }),
  };
}

function hostIdOf(server: ServerRow): string {
  if (server.host === null) return '';
  return createHash('sha224').update(`${server.project_id}${server.host}`).digest('hex');
}

function wholeSeconds(at: number): string {
  return `${isoMicroseconds(at).slice(0, 19)}.000000`;
}

function bookmark(cloud: Cloud, collection: string, id: string): JsonObject {
  return { rel: 'bookmark', href: `${cloud.url}${prefixes.nova}/${collection}/${id}` };
}
