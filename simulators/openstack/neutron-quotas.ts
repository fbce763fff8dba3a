/** Neutron's quotas: defaults of a fresh installation, changes by an administrator, and use. */
import type { Cloud } from './cloud.ts';
import { badRequest, forbidden, overQuota, refuse } from './neutron-errors.ts';
import type { Routes } from './routes.ts';
import { isObject, noContent, ok, param, parseJson, tokenOf, type Answer, type Call } from './wire.ts';

const defaults: Readonly<Record<string, number>> = {
  network: 100,
  subnet: 100,
  subnetpool: -1,
  port: 500,
  router: 10,
  floatingip: 50,
  rbac_policy: 10,
  security_group: 10,
  security_group_rule: 100,
};

export function addQuotaRoutes(routes: Routes, cloud: Cloud): void {
  routes.add('GET', '/v2.0/quotas/{project}', (call) => ok({ quota: limitsOf(cloud, ownProject(call)) }));
  routes.add('GET', '/v2.0/quotas/{project}/default', (call) => ok({ quota: ownProject(call) === '' ? {} : defaults }));
  routes.add('GET', '/v2.0/quotas/{project}/details.json', (call) => ok({ quota: details(cloud, ownProject(call)) }));
  routes.add('GET', '/v2.0/quotas/{project}/details', (call) => ok({ quota: details(cloud, ownProject(call)) }));
  routes.add('PUT', '/v2.0/quotas/{project}', (call) => change(cloud, call));
  routes.add('DELETE', '/v2.0/quotas/{project}', (call) => {
    if (!tokenOf(call).admin) throw forbidden('delete_quota');
    cloud.state.neutronQuotas.remove(param(call, 'project'));
    return noContent;
  });
}

/** Throws OverQuota when one more does not fit. */
export function checkQuota(cloud: Cloud, kind: string, project: string, used: number): void {
  const limit = cloud.state.neutronQuotas.get(project)?.limits[kind] ?? defaults[kind] ?? -1;
  if (limit >= 0 && used + 1 > limit) throw overQuota(kind);
}

/** -1 means without limit. */
export function neutronLimit(cloud: Cloud, kind: string, project: string): number {
  return cloud.state.neutronQuotas.get(project)?.limits[kind] ?? defaults[kind] ?? -1;
}

function limitsOf(cloud: Cloud, project: string): Record<string, number> {
  return { ...defaults, ...cloud.state.neutronQuotas.get(project)?.limits };
}

function details(cloud: Cloud, project: string): Record<string, { used: number; limit: number; reserved: number }> {
  const { state } = cloud;
  const tables: Readonly<Record<string, { by(index: string, key: string): ReadonlySet<unknown> }>> = {
    network: state.networks,
    subnet: state.subnets,
    port: state.ports,
    router: state.routers,
    floatingip: state.floatingIps,
    security_group: state.securityGroups,
    security_group_rule: state.securityGroupRules,
  };
  const limits = Object.entries(limitsOf(cloud, project));
  return Object.fromEntries(
    limits.map(([kind, limit]) => [kind, { used: tables[kind]?.by('project', project).size ?? 0, limit, reserved: 0 }]),
  );
}

function change(cloud: Cloud, call: Call): Answer {
  if (!tokenOf(call).admin) throw forbidden('update_quota');
  const project = param(call, 'project');
  const body = parseJson(call.body);
  const wanted = isObject(body) ? body['quota'] : undefined;
  if (!isObject(wanted)) throw badRequest("Unable to find 'quota' in request body");
  const limits = { ...cloud.state.neutronQuotas.get(project)?.limits };
  for (const [kind, value] of Object.entries(wanted)) {
    if (!(kind in defaults)) throw badRequest(`Unrecognized attribute(s) '${kind}'`);
    limits[kind] = Number(value);
  }
  cloud.state.neutronQuotas.put({ id: project, limits });
  return ok({ quota: limitsOf(cloud, project) });
}

function ownProject(call: Call): string {
  const project = param(call, 'project');
  if (!tokenOf(call).admin && tokenOf(call).project_id !== project) {
    throw refuse(
      403,
      'AdminRequired',
      'User does not have admin privileges: Only admin is authorized to access quotas for another project.',
    );
  }
  return project;
}
