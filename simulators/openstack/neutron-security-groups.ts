/** Security groups and their rules. Every project has one named `default` from the first look on. */
import type { Cloud } from './cloud.ts';
import { oneOf, standard, text, toBoolean, uuidReason, type AttributeMap } from './neutron-attributes.ts';
import { newRow, standardView, textOr, type Resource } from './neutron-collection.ts';
import { addFirstRules } from './neutron-default-group.ts';
import { notFound, refuse } from './neutron-errors.ts';
import type { SecurityGroupRow, SecurityGroupRuleRow } from './rows.ts';
import type { Call, JsonObject } from './wire.ts';

const groupAttributes: AttributeMap = {
  ...standard,
  name: { post: 'required', put: true, check: text(255) },
  stateful: { post: 'optional', put: true, convert: toBoolean },
  security_group_rules: {},
  shared: {},
};

const ruleAttributes: AttributeMap = {
  ...standard,
  security_group_id: { post: 'required', check: uuidReason },
  direction: { post: 'required', check: oneOf(['ingress', 'egress']) },
  ethertype: { post: 'optional', check: oneOf(['IPv4', 'IPv6']) },
  protocol: { post: 'optional' },
  port_range_min: { post: 'optional' },
  port_range_max: { post: 'optional' },
  remote_ip_prefix: { post: 'optional' },
  remote_group_id: { post: 'optional' },
  remote_address_group_id: { post: 'optional' },
};

export function securityGroupResource(cloud: Cloud): Resource<SecurityGroupRow> {
  return {
    kind: 'security_group',
    collection: 'security_groups',
    table: cloud.state.securityGroups,
    attributes: groupAttributes,
    view: (row) => viewGroup(cloud, row),
    fields: {},
    filters: new Set(['id', 'name', 'tenant_id', 'project_id', 'description', 'stateful', 'revision_number', 'shared']),
    create: (call, wanted) => createGroup(cloud, call, wanted),
    update: (_, row, wanted) => {
      if (row.name === 'default' && 'name' in wanted)
        throw refuse(409, 'SecurityGroupCannotUpdateDefault', 'Updating default security group not allowed.');
      row.name = textOr(wanted['name'], row.name);
    },
    remove: (_, row) => {
      removeGroup(cloud, row);
    },
  };
}

export function securityGroupRuleResource(cloud: Cloud): Resource<SecurityGroupRuleRow> {
  return {
    kind: 'security_group_rule',
    collection: 'security_group_rules',
    table: cloud.state.securityGroupRules,
    attributes: ruleAttributes,
    view: viewRule,
    fields: {},
    filters: new Set([
      ...[
        'id',
        'security_group_id',
        'direction',
        'ethertype',
        'protocol',
        'port_range_min',
        'port_range_max',
        'remote_ip_prefix',
      ],
      ...['remote_group_id', 'tenant_id', 'project_id', 'description', 'revision_number'],
    ]),
    create: (call, wanted) => createRule(cloud, call, wanted),
    update: () => undefined,
    remove: (_, row) => {
      cloud.state.securityGroupRules.remove(row.id);
      touchGroup(cloud, row.security_group_id);
    },
  };
}

function createGroup(cloud: Cloud, call: Call, wanted: JsonObject): SecurityGroupRow {
  const name = textOr(wanted['name'], '');
  if (name.toLowerCase() === 'default')
    throw refuse(409, 'SecurityGroupDefaultAlreadyExists', 'Default security group already exists.');
  const row: SecurityGroupRow = {
    ...newRow(call, wanted),
    revision_number: 1,
    name,
    stateful: wanted['stateful'] !== false,
  };
  cloud.state.securityGroups.put(row);
  addFirstRules(cloud, row, false);
  return row;
}

function removeGroup(cloud: Cloud, row: SecurityGroupRow): void {
  for (const port of cloud.state.ports.by('project', row.project_id)) {
    if (port.security_groups.includes(row.id))
      throw refuse(409, 'SecurityGroupInUse', `Security Group ${row.id} in use.`);
  }
  if (row.name === 'default') {
    throw refuse(409, 'SecurityGroupCannotRemoveDefault', 'Insufficient rights for removing default security group.');
  }
  for (const rule of [...cloud.state.securityGroupRules.by('group', row.id)])
    cloud.state.securityGroupRules.remove(rule.id);
  cloud.state.securityGroups.remove(row.id);
}

function createRule(cloud: Cloud, call: Call, wanted: JsonObject): SecurityGroupRuleRow {
  const group = cloud.state.securityGroups.get(String(wanted['security_group_id']));
  if (group === undefined) throw notFound.security_group(String(wanted['security_group_id']));
  const row: SecurityGroupRuleRow = {
    ...newRow(call, wanted),
    security_group_id: group.id,
    direction: textOr(wanted['direction'], 'ingress'),
    ethertype: textOr(wanted['ethertype'], 'IPv4'),
    protocol: textOr(wanted['protocol'], '') || null,
    port_range_min: numberOrNull(wanted['port_range_min']),
    port_range_max: numberOrNull(wanted['port_range_max']),
    remote_ip_prefix: textOr(wanted['remote_ip_prefix'], '') || null,
    remote_group_id: textOr(wanted['remote_group_id'], '') || null,
  };
  refuseTwice(cloud, row);
  cloud.state.securityGroupRules.put(row);
  touchGroup(cloud, group.id);
  return row;
}

const identity = [
  'direction',
  'ethertype',
  'protocol',
  'port_range_min',
  'port_range_max',
  'remote_ip_prefix',
  'remote_group_id',
] as const;

function refuseTwice(cloud: Cloud, row: SecurityGroupRuleRow): void {
  for (const other of cloud.state.securityGroupRules.by('group', row.security_group_id)) {
    if (identity.every((key) => other[key] === row[key])) {
      throw refuse(409, 'SecurityGroupRuleExists', `Security group rule already exists. Rule id is ${other.id}.`);
    }
  }
}

function touchGroup(cloud: Cloud, id: string): void {
  const group = cloud.state.securityGroups.get(id);
  if (group === undefined) return;
  group.revision_number += 1;
  cloud.state.securityGroups.put(group);
}

function numberOrNull(value: unknown): number | null {
  return value === null || value === undefined || value === '' ? null : Number(value);
}

function viewGroup(cloud: Cloud, row: SecurityGroupRow): JsonObject {
  return {
    id: row.id,
    name: row.name,
    stateful: row.stateful,
    security_group_rules: [...cloud.state.securityGroupRules.by('group', row.id)].map((rule) => ({
      ...viewRule(rule),
      description: rule.description === '' ? null : rule.description,
      tags: rule.tags,
    })),
    shared: false,
    ...standardView(row),
  };
}

function viewRule(row: SecurityGroupRuleRow): JsonObject {
  const { tags: _, ...shown } = standardView(row);
  return {
    id: row.id,
    security_group_id: row.security_group_id,
    ethertype: row.ethertype,
    direction: row.direction,
    protocol: row.protocol,
    port_range_min: row.port_range_min,
    port_range_max: row.port_range_max,
    remote_ip_prefix: row.remote_ip_prefix,
    remote_address_group_id: null,
    normalized_cidr: row.remote_ip_prefix,
    remote_group_id: row.remote_group_id,
    ...shown,
  };
}
