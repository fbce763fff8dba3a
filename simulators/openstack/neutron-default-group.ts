/** The security group `default`, which Neutron makes for a project the first time somebody looks or needs it. */
import type { Cloud } from './cloud.ts';
import { uuid } from './identifiers.ts';
import { neutronTime } from './neutron-collection.ts';
import type { NeutronRow, SecurityGroupRow, SecurityGroupRuleRow } from './rows.ts';

export function defaultGroup(cloud: Cloud, project: string): SecurityGroupRow {
  for (const group of cloud.state.securityGroups.by('project', project)) if (group.name === 'default') return group;
  const group: SecurityGroupRow = { ...fresh(project, 'Default security group'), name: 'default', stateful: true };
  cloud.state.securityGroups.put(group);
  addFirstRules(cloud, group, true);
  return group;
}

/** Everything may leave; the default group also lets its own members in. */
export function addFirstRules(cloud: Cloud, group: SecurityGroupRow, withIngress: boolean): void {
  for (const ethertype of ['IPv4', 'IPv6']) {
    addRule(cloud, group, { direction: 'egress', ethertype });
    if (withIngress) addRule(cloud, group, { direction: 'ingress', ethertype, remote_group_id: group.id });
  }
}

function addRule(cloud: Cloud, group: SecurityGroupRow, rule: Partial<SecurityGroupRuleRow>): void {
  cloud.state.securityGroupRules.put({
    ...fresh(group.project_id, ''),
    security_group_id: group.id,
    direction: 'egress',
    ethertype: 'IPv4',
    protocol: null,
    port_range_min: null,
    port_range_max: null,
    remote_ip_prefix: null,
    remote_group_id: null,
    ...rule,
  });
}

function fresh(project_id: string, description: string): NeutronRow {
  const now = neutronTime();
  return { id: uuid(), project_id, description, tags: [], created_at: now, updated_at: now, revision_number: 0 };
}
