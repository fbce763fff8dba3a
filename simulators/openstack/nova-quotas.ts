/** Nova's quotas: defaults of a fresh installation, changes by an administrator, use, and the limits a client sees. */
import type { Cloud } from './cloud.ts';
import { badRequest, forbidden, refuse } from './nova-errors.ts';
import type { Routes } from './routes.ts';
import type { FlavorRow, ServerRow } from './rows.ts';
import { isObject, ok, param, parseJson, tokenOf, type Answer, type Call, type JsonObject } from './wire.ts';

const defaults: Readonly<Record<string, number>> = {
  cores: 20,
  instances: 10,
  key_pairs: 100,
  metadata_items: 128,
  ram: 51_200,
  server_group_members: 10,
  server_groups: 10,
};

/** Shown below microversion 2.57 and counting for nothing today. */
const retired: Readonly<Record<string, number>> = {
  injected_file_content_bytes: 10_240,
  injected_file_path_bytes: 255,
  injected_files: 5,
};

interface Use {
  readonly cores: number;
  readonly instances: number;
  readonly ram: number;
}

export function addLimitRoutes(routes: Routes, cloud: Cloud): void {
  const path = '/v2.1/os-quota-sets/{project}';
  routes.add('GET', '/v2.1/limits', (call) => ok({ limits: { rate: [], absolute: absolute(cloud, call) } }));
  routes.add('GET', path, (call) =>
    ok({ quota_set: { id: readable(call), ...shown(call, limitsOf(cloud, readable(call))) } }),
  );
  routes.add('GET', `${path}/defaults`, (call) => ok({ quota_set: { id: readable(call), ...shown(call, defaults) } }));
  routes.add('GET', `${path}/detail`, (call) =>
    ok({ quota_set: { id: readable(call), ...details(cloud, readable(call)) } }),
  );
  routes.add('PUT', path, (call) => change(cloud, call));
  routes.add('DELETE', path, (call) => {
    if (!tokenOf(call).admin) throw forbidden('os-quota-sets:delete');
    cloud.state.novaQuotas.remove(param(call, 'project'));
    return { status: 202 };
  });
}

/**
 * Why so many servers of this flavor do not fit; undefined when they do. With the option `lateQuota` only servers that
 * have left the scheduler count, and `except` never does.
 */
export function quotaExcess(
  cloud: Cloud,
  project: string,
  { flavor, count, except = '' }: { flavor: FlavorRow; count: number; except?: string },
): string | undefined {
  const wanted: Use = { cores: flavor.vcpus * count, instances: count, ram: flavor.ram * count };
  return excessOf(cloud, project, { wanted, used: useOf(cloud, project, except) });
}

/** Why a server cannot become of this flavor; undefined when it can. Only what is more than before counts. */
export function growthExcess(cloud: Cloud, server: ServerRow, flavor: FlavorRow): string | undefined {
  const more = (name: 'vcpus' | 'ram'): number => Math.max(0, flavor[name] - server.flavor[name]);
  const wanted: Use = { cores: more('vcpus'), instances: 0, ram: more('ram') };
  return excessOf(cloud, server.project_id, { wanted, used: useOf(cloud, server.project_id) });
}

function excessOf(cloud: Cloud, project: string, { wanted, used }: { wanted: Use; used: Use }): string | undefined {
  const limits = limitsOf(cloud, project);
  const over = (['cores', 'instances', 'ram'] as const).filter((name) => {
    const limit = limits[name] ?? -1;
    return wanted[name] > 0 && limit >= 0 && used[name] + wanted[name] > limit;
  });
  if (over.length === 0) return undefined;
  const list = (of: (name: keyof Use) => unknown): string => over.map((name) => String(of(name))).join(', ');
  const names = over.join(', ');
  return `Quota exceeded for ${names}: Requested ${list((name) => wanted[name])}, but already used ${list((name) => used[name])} of ${list((name) => limits[name])} ${names}`;
}

/** The 403 of a test that wants one. */
export function quotaRefusal(cloud: Cloud, project: string): Error {
  const limit = limitsOf(cloud, project)['instances'] ?? 0;
  return refuse(403, `Quota exceeded for instances: Requested 1, but already used ${limit} of ${limit} instances`);
}

function useOf(cloud: Cloud, project: string, except = ''): Use {
  const use = { cores: 0, instances: 0, ram: 0 };
  for (const server of cloud.state.servers.by('project', project)) {
    if (server.id === except) continue;
    if (cloud.options.lateQuota && server.host === null && server.vm_state === 'building') continue;
    use.cores += server.flavor.vcpus;
    use.ram += server.flavor.ram;
    use.instances += 1;
  }
  return use;
}

function limitsOf(cloud: Cloud, project: string): Record<string, number> {
  return { ...defaults, ...cloud.state.novaQuotas.get(project)?.limits };
}

function shown(call: Call, limits: Readonly<Record<string, number>>): JsonObject {
  return call.microversion < 57 ? { ...limits, ...retired } : limits;
}

function details(cloud: Cloud, project: string): JsonObject {
  const use: Readonly<Record<string, number>> = { ...useOf(cloud, project) };
  const limits = Object.entries(limitsOf(cloud, project));
  return Object.fromEntries(limits.map(([name, limit]) => [name, { limit, in_use: use[name] ?? 0, reserved: 0 }]));
}

function absolute(cloud: Cloud, call: Call): JsonObject {
  const token = tokenOf(call);
  const project = (token.admin ? call.query.get('tenant_id') : null) ?? token.project_id ?? '';
  const limits = limitsOf(cloud, project);
  const use = useOf(cloud, project);
  return {
    maxTotalInstances: limits['instances'],
    maxTotalCores: limits['cores'],
    maxTotalRAMSize: limits['ram'],
    maxServerMeta: limits['metadata_items'],
    maxTotalKeypairs: limits['key_pairs'],
    maxServerGroups: limits['server_groups'],
    maxServerGroupMembers: limits['server_group_members'],
    totalRAMUsed: use.ram,
    totalCoresUsed: use.cores,
    totalInstancesUsed: use.instances,
    totalServerGroupsUsed: 0,
  };
}

function readable(call: Call): string {
  const project = param(call, 'project');
  if (!tokenOf(call).admin && tokenOf(call).project_id !== project) throw forbidden('os-quota-sets:show');
  return project;
}

function change(cloud: Cloud, call: Call): Answer {
  if (!tokenOf(call).admin) throw forbidden('os-quota-sets:update');
  const project = param(call, 'project');
  const body = parseJson(call.body);
  const wanted = isObject(body) ? body['quota_set'] : undefined;
  if (!isObject(wanted)) throw badRequest("'quota_set' is a required property");
  const limits = { ...cloud.state.novaQuotas.get(project)?.limits };
  for (const [name, value] of Object.entries(wanted)) {
    if (name === 'force' || name in retired) continue;
    if (!(name in defaults))
      throw badRequest(
        `Invalid input for field/attribute quota_set. Additional properties are not allowed ('${name}' was unexpected)`,
      );
    limits[name] = Number(value);
  }
  cloud.state.novaQuotas.put({ id: project, limits });
  return ok({ quota_set: shown(call, limitsOf(cloud, project)) });
}
