/** A server's ports in Neutron: made or taken during the build, released with the server. */
import type { Cloud } from './cloud.ts';
import { parseAddress } from './addresses.ts';
import { chooseAddresses } from './neutron-allocation.ts';
import { defaultGroup } from './neutron-default-group.ts';
import { notFound } from './neutron-errors.ts';
import { bindPort, makePort, removePort, storePort } from './neutron-ports.ts';
import { checkQuota } from './neutron-quotas.ts';
import type { NicRequest, PortRow, ServerRow } from './rows.ts';

const owner = 'compute:nova';

/** Makes or binds one port per requested interface; throws Neutron's refusal, keeping what was attached before it. */
export function attachPorts(cloud: Cloud, server: ServerRow): void {
  for (const nic of server.nics)
    server.ports.push(nic.port_id === undefined ? create(cloud, server, nic) : take(cloud, server, nic.port_id));
}

/** Removes the ports Nova made and unbinds the ones that were there before. */
export function releasePorts(cloud: Cloud, server: ServerRow): void {
  for (const { id, owned } of server.ports) {
    const port = cloud.state.ports.get(id);
    if (port?.device_id !== server.id) continue;
    if (owned) removePort(cloud, port);
    else bindPort(cloud, port, { id: '', owner: '', host: '' });
  }
  server.ports = [];
}

/** The `addresses` of the server, by name of network. */
export function shownAddresses(cloud: Cloud, server: ServerRow): ServerRow['addresses'] {
  const shown: ServerRow['addresses'] = {};
  for (const { id } of server.ports) {
    const port = cloud.state.ports.get(id);
    const name = cloud.state.networks.get(port?.network_id ?? '')?.name;
    if (port === undefined || name === undefined) continue;
    const ips = port.fixed_ips.map(({ ip_address }) => ({
      version: parseAddress(ip_address)?.version ?? 4,
      addr: ip_address,
      mac: port.mac_address,
      type: 'fixed',
    }));
    shown[name] = [...(shown[name] ?? []), ...ips];
  }
  return shown;
}

function create(cloud: Cloud, server: ServerRow, nic: NicRequest): { id: string; owned: boolean } {
  const network = cloud.state.networks.get(nic.network_id ?? '');
  if (network === undefined) throw notFound.network(nic.network_id ?? '');
  checkQuota(cloud, 'port', server.project_id, cloud.state.ports.by('project', server.project_id).size);
  const port = makePort(cloud, network, {
    project_id: server.project_id,
    device_id: server.id,
    device_owner: owner,
    host: 'oslab',
    status: 'ACTIVE',
    security_groups: groupIds(cloud, server),
  });
  port.fixed_ips = chooseAddresses(
    cloud.state,
    port,
    nic.fixed_ip === undefined ? undefined : [{ ip_address: nic.fixed_ip }],
  );
  storePort(cloud, port);
  return { id: port.id, owned: true };
}

function take(cloud: Cloud, server: ServerRow, id: string): { id: string; owned: boolean } {
  const port: PortRow | undefined = cloud.state.ports.get(id);
  if (port === undefined || port.device_id !== '') throw notFound.port(id);
  bindPort(cloud, port, { id: server.id, owner, host: 'oslab' });
  return { id, owned: false };
}

function groupIds(cloud: Cloud, server: ServerRow): string[] {
  const known = [...cloud.state.securityGroups.by('project', server.project_id)];
  return server.security_groups.map(
    (wanted) =>
      known.find((group) => group.id === wanted || group.name === wanted)?.id ??
      defaultGroup(cloud, server.project_id).id,
  );
}
