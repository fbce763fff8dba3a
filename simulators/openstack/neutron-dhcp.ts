/** The port `network:dhcp` that an agent makes some moments after a network has a DHCP subnet. */
import type { Cloud } from './cloud.ts';
import { chooseAddresses, freeAddresses, takeAddresses } from './neutron-allocation.ts';
import { storeChange } from './neutron-collection.ts';
import { makePort, removePort, storePort } from './neutron-ports.ts';
import type { NetworkRow, PortRow } from './rows.ts';
import { Refusal } from './wire.ts';

/** Has the agent look at a network after its delay. */
export function announceDhcp(cloud: Cloud, networkId: string): void {
  cloud.agenda.after(cloud.delays.dhcpPort, () => {
    serve(cloud, networkId);
  });
}

/** Looks at every network: for a start with a state from disk. */
export function serveAll(cloud: Cloud): void {
  for (const network of cloud.state.networks.values()) serve(cloud, network.id);
}

function serve(cloud: Cloud, networkId: string): void {
  const network = cloud.state.networks.get(networkId);
  if (network === undefined) return;
  const wanted = [...cloud.state.subnets.by('network', networkId)]
    .filter((subnet) => subnet.enable_dhcp)
    .map((subnet) => subnet.id);
  const port = [...cloud.state.ports.by('network', networkId)].find((one) => one.device_owner === 'network:dhcp');
  try {
    if (port === undefined && wanted.length > 0) create(cloud, network, wanted);
    else if (port !== undefined) follow(cloud, port, wanted);
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    // No address is left in the subnet: a real agent logs this and goes on without a port.
  }
}

function create(cloud: Cloud, network: NetworkRow, subnetIds: readonly string[]): void {
  const port = makePort(network, {
    project_id: network.project_id,
    device_owner: 'network:dhcp',
    device_id: `dhcp4fb2a17c-8c3a-5f1f-9d0e-0c7a4b1d2e3f-${network.id}`,
  });
  port.port_security_enabled = false;
  port.security_groups = [];
  port.host = 'oslab';
  port.status = 'ACTIVE';
  port.fixed_ips = chooseAddresses(
    cloud.state,
    port,
    subnetIds.map((subnet_id) => ({ subnet_id })),
  );
  storePort(cloud, port);
}

function follow(cloud: Cloud, port: PortRow, wanted: readonly string[]): void {
  const have = port.fixed_ips.filter((ip) => wanted.includes(ip.subnet_id));
  const missing = wanted.filter((id) => !have.some((ip) => ip.subnet_id === id));
  if (missing.length === 0 && have.length === port.fixed_ips.length) return;
  if (wanted.length === 0) {
    removePort(cloud, port);
    return;
  }
  freeAddresses(cloud.state, port);
  port.fixed_ips = [
    ...have,
    ...chooseAddresses(
      cloud.state,
      port,
      missing.map((subnet_id) => ({ subnet_id })),
    ),
  ];
  takeAddresses(cloud.state, port);
  storeChange(cloud.state.ports, port);
}
