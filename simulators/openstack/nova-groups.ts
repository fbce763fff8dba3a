/** The actions that put a security group on a server's ports and take it off. They are done when they are answered. */
import type { Cloud } from './cloud.ts';
import { storeChange } from './neutron-collection.ts';
import { badRequest, refuse } from './nova-errors.ts';
import { groupId } from './nova-networking.ts';
import type { PortRow, ServerRow } from './rows.ts';
import { isObject } from './wire.ts';

export function addGroup(cloud: Cloud, server: ServerRow, input: unknown): void {
  const { id, ports } = find(cloud, server, input);
  for (const port of ports) {
    if (port.security_groups.includes(id)) {
      throw badRequest(
        `Invalid input for security_groups. Reason: Duplicate items in the list: '${id}'.\nNeutron server returns request_ids: ['req-${id}']`,
      );
    }
    port.security_groups.push(id);
    storeChange(cloud.state.ports, port);
  }
  cloud.state.servers.put(server);
}

export function removeGroup(cloud: Cloud, server: ServerRow, input: unknown): void {
  const { id, name, ports } = find(cloud, server, input);
  const having = ports.filter((port) => port.security_groups.includes(id));
  if (having.length === 0) throw refuse(404, `Security group ${name} not associated with the instance ${server.id}`);
  for (const port of having) {
    port.security_groups = port.security_groups.filter((group) => group !== id);
    storeChange(cloud.state.ports, port);
  }
  cloud.state.servers.put(server);
}

function find(cloud: Cloud, server: ServerRow, input: unknown): { id: string; name: string; ports: PortRow[] } {
  const name = isObject(input) ? input['name'] : undefined;
  if (typeof name !== 'string' || name.trim() === '') throw badRequest('Missing parameter dict');
  const id = groupId(cloud, server.project_id, name);
  if (id === undefined) throw refuse(404, `Security group ${name} is not found for project ${server.project_id}`);
  const ports = [...cloud.state.ports.by('device', server.id)];
  if (ports.length === 0) throw refuse(404, `instance_id ${server.id} could not be found as device id on any ports`);
  return { id, name, ports };
}
