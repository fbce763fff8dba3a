/** Router interfaces: ports that a router takes on a subnet, added and removed by two calls of their own. */
import { overlap, parseCidr } from './addresses.ts';
import type { Cloud } from './cloud.ts';
import { isUuid } from './identifiers.ts';
import { chooseAddresses } from './neutron-allocation.ts';
import { isVisible, ownRow, storeChange } from './neutron-collection.ts';
import { badResource, notFound, refuse } from './neutron-errors.ts';
import { bindPort, makePort, portResource, removePort, storePort } from './neutron-ports.ts';
import { interfacesOf, routerResource } from './neutron-routers.ts';
import type { Routes } from './routes.ts';
import type { PortRow, RouterRow, SubnetRow } from './rows.ts';
import { isObject, ok, parseJson, tokenOf, type Answer, type Call, type JsonObject } from './wire.ts';

const owner = 'network:router_interface';

export function addInterfaceRoutes(routes: Routes, cloud: Cloud): void {
  const routers = routerResource(cloud);
  routes.add('PUT', '/v2.0/routers/{id}/add_router_interface', (call) => {
    const router = ownRow(routers, call, 'update');
    const wanted = readBody(call, false);
    return typeof wanted['port_id'] === 'string'
      ? addPort(cloud, call, router, wanted['port_id'])
      : addSubnet(cloud, call, router, String(wanted['subnet_id']));
  });
  routes.add('PUT', '/v2.0/routers/{id}/remove_router_interface', (call) =>
    remove(cloud, ownRow(routers, call, 'update'), readBody(call, true)),
  );
}

function readBody(call: Call, forRemoval: boolean): JsonObject {
  const body = parseJson(call.body);
  const wanted = isObject(body) ? body : {};
  if (!('port_id' in wanted) && !('subnet_id' in wanted))
    throw badResource('router', 'Either subnet_id or port_id must be specified');
  for (const key of ['port_id', 'subnet_id']) {
    const value = wanted[key];
    if (key in wanted && !(typeof value === 'string' && isUuid(value)))
      throw badResource('router', `'${String(value)}' is not a valid UUID`);
  }
  if (!forRemoval && 'port_id' in wanted && 'subnet_id' in wanted)
    throw badResource('router', 'Cannot specify both subnet-id and port-id');
  return wanted;
}

function addSubnet(cloud: Cloud, call: Call, router: RouterRow, subnetId: string): Answer {
  const subnet = cloud.state.subnets.get(subnetId);
  const token = tokenOf(call);
  const network = subnet === undefined ? undefined : cloud.state.networks.get(subnet.network_id);
  if (
    subnet === undefined ||
    network === undefined ||
    !(token.admin || subnet.project_id === token.project_id || network.shared)
  )
    throw notFound.subnet(subnetId);
  if (subnet.gateway_ip === null) throw badResource('router', 'Subnet for router interface must have a gateway IP');
  refuseTwiceAndOverlap(cloud, router, subnet);
  const port = makePort(network, {
    project_id: router.project_id,
    device_id: router.id,
    device_owner: owner,
    port_security_enabled: false,
    status: 'ACTIVE',
    host: 'oslab',
  });
  if (cloud.state.ports.by('network', network.id).size > 0) refuseTakenGateway(cloud, subnet);
  port.fixed_ips = chooseAddresses(cloud.state, port, [{ subnet_id: subnet.id, ip_address: subnet.gateway_ip }]);
  storePort(cloud, port);
  storeChange(cloud.state.routers, router);
  return answer(router, port, [subnet.id]);
}

function addPort(cloud: Cloud, call: Call, router: RouterRow, portId: string): Answer {
  const port = cloud.state.ports.get(portId);
  if (port === undefined || !isVisible(portResource(cloud), port, call)) throw notFound.port(portId);
  if (port.device_id !== '') {
    throw refuse(
      409,
      'PortInUse',
      `Unable to complete operation on port ${port.id} for network ${port.network_id}. Port already has an attached device ${port.device_id}.`,
    );
  }
  if (port.fixed_ips.length === 0) throw badResource('router', 'Router port must have at least one fixed IP');
  for (const subnet of subnetsOf(cloud, port)) refuseTwiceAndOverlap(cloud, router, subnet);
  bindPort(cloud, port, { id: router.id, owner, host: 'oslab' });
  storeChange(cloud.state.routers, router);
  return answer(
    router,
    port,
    port.fixed_ips.map((ip) => ip.subnet_id),
  );
}

function refuseTwiceAndOverlap(cloud: Cloud, router: RouterRow, subnet: SubnetRow): void {
  const block = parseCidr(subnet.cidr);
  for (const port of cloud.state.ports.by('device', router.id)) {
    for (const other of subnetsOf(cloud, port)) {
      if (other.id === subnet.id) throw badResource('router', `Router already has a port on subnet ${subnet.id}`);
      const cidr = parseCidr(other.cidr);
      if (block === undefined || cidr === undefined || !overlap(block, cidr)) continue;
      throw badResource(
        'router',
        `Cidr ${subnet.cidr} of subnet ${subnet.id} overlaps with cidr ${other.cidr} of subnet ${other.id}`,
      );
    }
  }
}

function refuseTakenGateway(cloud: Cloud, subnet: SubnetRow): void {
  for (const port of cloud.state.ports.by('network', subnet.network_id)) {
    if (port.fixed_ips.some((ip) => ip.subnet_id === subnet.id && ip.ip_address === subnet.gateway_ip)) {
      throw refuse(
        409,
        'IpAddressAlreadyAllocated',
        `IP address ${String(subnet.gateway_ip)} already allocated in subnet ${subnet.id}`,
      );
    }
  }
}

function remove(cloud: Cloud, router: RouterRow, wanted: JsonObject): Answer {
  const port =
    typeof wanted['port_id'] === 'string'
      ? byPort(cloud, router, wanted['port_id'])
      : bySubnet(cloud, router, String(wanted['subnet_id']));
  const subnets = port.fixed_ips.map((ip) => ip.subnet_id);
  if (
    typeof wanted['port_id'] === 'string' &&
    typeof wanted['subnet_id'] === 'string' &&
    !subnets.includes(wanted['subnet_id'])
  ) {
    throw refuse(
      400,
      'SubnetMismatchForPort',
      `Subnet on port ${port.id} does not match the requested subnet ${wanted['subnet_id']}.`,
    );
  }
  refuseNeeded(cloud, router, port);
  removePort(cloud, port);
  storeChange(cloud.state.routers, router);
  return answer(router, port, subnets);
}

function byPort(cloud: Cloud, router: RouterRow, portId: string): PortRow {
  const port = cloud.state.ports.get(portId);
  if (port?.device_id === router.id && port.device_owner === owner) return port;
  throw refuse(404, 'RouterInterfaceNotFound', `Router ${router.id} does not have an interface with id ${portId}`);
}

function bySubnet(cloud: Cloud, router: RouterRow, subnetId: string): PortRow {
  if (cloud.state.subnets.get(subnetId) === undefined) throw notFound.subnet(subnetId);
  const port = interfacesOf(cloud, router.id).find((one) => one.fixed_ips.some((ip) => ip.subnet_id === subnetId));
  if (port !== undefined) return port;
  throw refuse(404, 'RouterInterfaceNotFoundForSubnet', `Router ${router.id} has no interface on subnet ${subnetId}`);
}

function refuseNeeded(cloud: Cloud, router: RouterRow, port: PortRow): void {
  const subnets = new Set(port.fixed_ips.map((ip) => ip.subnet_id));
  for (const address of cloud.state.floatingIps.values()) {
    if (address.router_id !== router.id || address.port_id === null) continue;
    const target = cloud.state.ports.get(address.port_id);
    const subnet = target?.fixed_ips.find((ip) => ip.ip_address === address.fixed_ip_address)?.subnet_id;
    if (subnet !== undefined && subnets.has(subnet)) {
      throw refuse(
        409,
        'RouterInterfaceInUseByFloatingIP',
        `Router interface for subnet ${subnet} on router ${router.id} cannot be deleted, as it is required by one or more floating IPs.`,
      );
    }
  }
}

function subnetsOf(cloud: Cloud, port: PortRow): SubnetRow[] {
  return port.fixed_ips.map((ip) => cloud.state.subnets.get(ip.subnet_id)).filter((subnet) => subnet !== undefined);
}

function answer(router: RouterRow, port: PortRow, subnetIds: readonly string[]): Answer {
  return ok({
    id: router.id,
    tenant_id: port.project_id,
    port_id: port.id,
    network_id: port.network_id,
    subnet_id: subnetIds.at(-1),
    subnet_ids: subnetIds,
  });
}
