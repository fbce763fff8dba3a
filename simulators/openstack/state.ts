/** All rows of the simulated cloud, one table a noun. */
import type * as rows from './rows.ts';
import { Table } from './table.ts';

export type State = ReturnType<typeof createState>;

export function createState() {
  return {
    projects: new Table<rows.ProjectRow>('projects', { name: (row) => row.name }),
    users: new Table<rows.UserRow>('users', { name: (row) => row.name }),
    roles: new Table<rows.RoleRow>('roles', { name: (row) => row.name }),
    assignments: new Table<rows.AssignmentRow>('assignments', { user: (row) => row.user_id }),
    applicationCredentials: new Table<rows.ApplicationCredentialRow>('applicationCredentials'),
    tokens: new Table<rows.TokenRow>('tokens'),
    flavors: new Table<rows.FlavorRow>('flavors'),
    keypairs: new Table<rows.KeypairRow>('keypairs', { user: (row) => row.user_id }),
    novaQuotas: new Table<rows.QuotaRow>('novaQuotas'),
    servers: new Table<rows.ServerRow>('servers', { project: (row) => row.project_id }),
    deletedServers: new Table<rows.ServerRow>('deletedServers', { project: (row) => row.project_id }),
    neutronQuotas: new Table<rows.QuotaRow>('neutronQuotas'),
    networks: new Table<rows.NetworkRow>('networks', { project: (row) => row.project_id }),
    subnets: new Table<rows.SubnetRow>('subnets', {
      project: (row) => row.project_id,
      network: (row) => row.network_id,
    }),
    ports: new Table<rows.PortRow>('ports', {
      project: (row) => row.project_id,
      network: (row) => row.network_id,
      device: (row) => row.device_id,
    }),
    routers: new Table<rows.RouterRow>('routers', { project: (row) => row.project_id }),
    floatingIps: new Table<rows.FloatingIpRow>('floatingIps', {
      project: (row) => row.project_id,
      port: (row) => row.port_id ?? '',
    }),
    securityGroups: new Table<rows.SecurityGroupRow>('securityGroups', { project: (row) => row.project_id }),
    securityGroupRules: new Table<rows.SecurityGroupRuleRow>('securityGroupRules', {
      project: (row) => row.project_id,
      group: (row) => row.security_group_id,
    }),
    images: new Table<rows.ImageRow>('images'),
  };
}

/** The tables under one type, for code that treats them alike (persistence, reset, the state dump). */
export function tablesOf(state: State): Table<{ id: string }>[] {
  // The row types differ; persistence only moves whole rows and never looks inside.
  return Object.values(state) as unknown as Table<{ id: string }>[];
}
