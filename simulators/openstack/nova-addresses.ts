/** The addresses of a server as Nova shows them: a copy of what its ports have, renewed when Neutron tells of a change. */
import type { Cloud } from './cloud.ts';
import type { ServerRow } from './rows.ts';

/** Fills what the API shows, as Nova's cache is filled late in a build. */
export function showAddresses(cloud: Cloud, server: ServerRow): void {
  server.addresses = {};
  for (const { id } of server.ports) {
    const port = cloud.state.ports.get(id);
    const network = port === undefined ? undefined : cloud.state.networks.get(port.network_id);
    if (port === undefined || network === undefined) continue;
    const list = (server.addresses[network.name] ??= []);
    for (const { ip_address } of port.fixed_ips) {
      list.push({ version: ip_address.includes(':') ? 6 : 4, addr: ip_address, mac: port.mac_address, type: 'fixed' });
    }
  }
}
