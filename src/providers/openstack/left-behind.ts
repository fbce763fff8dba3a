/**
 * Ports that the cloud itself hung on a network of ours and forgot. Nova makes a port for every server and normally
 * takes it away again; when it dies in between, or Neutron was away when the server was deleted, the port stays and
 * keeps its subnet from being deleted.
 *
 * Never touched: ports of other projects, ports of servers that exist, ports of the cloud's own services (DHCP, routers,
 * floating addresses, load balancers), ports that somebody named, and ports that carry another owner's mark.
 */

import type { CallContext } from '../../ports/driver.ts';
import type { Cloud } from './cloud.ts';
import { isRefused } from './errors.ts';
import { listOwnProject, markOf } from './neutron.ts';
import { isGone } from './server-reading.ts';
import type { WirePort, WireServer } from './wire.ts';

interface Search {
  readonly owner: string;
  /** The network or subnet to look at. */
  readonly filter: readonly [name: string, value: string];
}

const FIELDS = ['id', 'name', 'description', 'device_id', 'device_owner'];

export async function leftBehindPorts(
  cloud: Cloud,
  { owner, filter }: Search,
  ctx: CallContext,
): Promise<{ kind: string; providerId: string }[]> {
  const ports = await listOwnProject<WirePort>(cloud, { plural: 'ports', fields: FIELDS, filters: [filter] }, ctx);
  const suspects = ports.filter((port) => isServersOrNobodys(port, owner));
  const gone = await goneServers(cloud, suspects.map(deviceOf), ctx);
  return suspects
    .filter((port) => deviceOf(port) === '' || gone.has(deviceOf(port)))
    .map((port) => ({ kind: 'openstack.port', providerId: port.id }));
}

function isServersOrNobodys(port: WirePort, owner: string): boolean {
  const mark = markOf(port);
  if (mark ? mark.owner !== owner : hasWords(port)) return false;
  const deviceOwner = port.device_owner ?? '';
  // Nova sets the server's id in the first call and its own name in a second one.
  return deviceOwner === '' || deviceOwner.startsWith('compute:');
}

/** Somebody took the trouble to say what an unused port is for; Nova leaves both empty. */
function hasWords(port: WirePort): boolean {
  return (port.name ?? '') !== '' || (port.description ?? '') !== '';
}

function deviceOf(port: WirePort): string {
  return port.device_id ?? '';
}

async function goneServers(cloud: Cloud, ids: readonly string[], ctx: CallContext): Promise<ReadonlySet<string>> {
  const distinct = [...new Set(ids)].filter((id) => id !== '');
  const checks = distinct.map(async (id) => ((await isServerGone(cloud, id, ctx)) ? [id] : []));
  return new Set((await Promise.all(checks)).flat());
}

async function isServerGone(cloud: Cloud, id: string, ctx: CallContext): Promise<boolean> {
  try {
    const path = `/servers/${encodeURIComponent(id)}`;
    const { server } = await cloud.get<{ server: WireServer }>({ service: 'compute', path }, ctx);
    return isGone(server.status);
  } catch (error) {
    if (isRefused(error, 404)) return true;
    throw error;
  }
}
