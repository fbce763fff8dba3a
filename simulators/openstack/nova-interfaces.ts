/** The ports of a server as Nova shows them, and attaching and detaching one. */
import { isUuid } from './identifiers.ts';
import type { Cloud } from './cloud.ts';
import { badRequest, conflict, refuse } from './nova-errors.ts';
import { endAction, noteAction } from './nova-action-log.ts';
import { plugOne, unplug } from './nova-networking.ts';
import { findServer, refuseLocked } from './nova-servers.ts';
import type { Routes } from './routes.ts';
import type { NicRequest, PortRow, ServerRow } from './rows.ts';
import { isObject, ok, param, parseJson, Refusal, type Answer, type Call, type JsonObject } from './wire.ts';

const path = '/v2.1/servers/{id}/os-interface';

export function addInterfaceRoutes(routes: Routes, cloud: Cloud): void {
  routes.add('GET', path, (call) => {
    const ports = [...cloud.state.ports.by('device', findServer(cloud, call).id)];
    return ok({ interfaceAttachments: ports.map((port) => show(port, call)) });
  });
  routes.add('GET', `${path}/{port}`, (call) =>
    ok({ interfaceAttachment: show(portOf(cloud, findServer(cloud, call), call), call) }),
  );
  routes.add('POST', path, (call) => attach(cloud, call));
  routes.add('DELETE', `${path}/{port}`, (call) => {
    const server = findServer(cloud, call);
    refuseLocked(server, call);
    noteAction(server, 'detach_interface', call);
    endAction(server, 'detach_interface');
    unplug(cloud, server, portOf(cloud, server, call));
    cloud.state.servers.put(server);
    return { status: 202 };
  });
}

function show(port: PortRow, call: Call): JsonObject {
  const { network_id, id, mac_address, status, fixed_ips } = port;
  const shown = { net_id: network_id, port_id: id, mac_addr: mac_address, port_state: status, fixed_ips };
  return call.microversion >= 70 ? { ...shown, tag: null } : shown;
}

function portOf(cloud: Cloud, server: ServerRow, call: Call): PortRow {
  const port = cloud.state.ports.get(param(call, 'port'));
  if (port?.device_id === server.id) return port;
  throw refuse(404, `Instance ${server.id} does not have a port with id ${param(call, 'port')}`);
}

function attach(cloud: Cloud, call: Call): Answer {
  const body = parseJson(call.body);
  const wanted = isObject(body) && isObject(body['interfaceAttachment']) ? body['interfaceAttachment'] : {};
  const server = findServer(cloud, call);
  refuseLocked(server, call);
  if (server.vm_state !== 'active' && server.vm_state !== 'stopped') {
    throw conflict(`Cannot 'attach_interface' instance ${server.id} while it is in vm_state ${server.vm_state}`);
  }
  noteAction(server, 'attach_interface', call);
  const port = plugged(cloud, server, nicIn(wanted));
  endAction(server, 'attach_interface');
  cloud.state.servers.put(server);
  return ok({ interfaceAttachment: show(port, call) });
}

function nicIn(wanted: JsonObject): NicRequest {
  const [first] = Array.isArray(wanted['fixed_ips']) ? (wanted['fixed_ips'] as unknown[]) : [];
  const fixed = isObject(first) && typeof first['ip_address'] === 'string' ? first['ip_address'] : undefined;
  const [network, port] = [wanted['net_id'], wanted['port_id']];
  if (typeof port === 'string' && isUuid(port)) return { network_id: undefined, port_id: port, fixed_ip: undefined };
  if (typeof network === 'string' && isUuid(network))
    return { network_id: network, port_id: undefined, fixed_ip: fixed };
  throw badRequest('Must input network_id when request IP address');
}

function plugged(cloud: Cloud, server: ServerRow, nic: NicRequest): PortRow {
  try {
    return plugOne(cloud, server, nic);
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    if (nic.port_id !== undefined) throw conflict(`Port ${nic.port_id} is still in use.`);
    if (nic.fixed_ip !== undefined) throw conflict(`Fixed IP ${nic.fixed_ip} is already in use.`);
    throw badRequest(`Network ${nic.network_id} could not be found.`);
  }
}
