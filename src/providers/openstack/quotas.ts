/**
 * Quotas: what the project may have and what it has, as Nova and Neutron count it themselves. What a cloud does not tell
 * is left out, and is unknown to whoever asks.
 */

import type { Quotas } from '../../domain/feasibility.ts';
import type { CallContext } from '../../ports/driver.ts';
import type { Cloud } from './cloud.ts';
import { Refused } from './errors.ts';
import type { WireLimits, WireQuotaDetails } from './wire.ts';

/** @throws what the calls throw when a service is away */
export async function readQuotas(cloud: Cloud, ctx: CallContext): Promise<Quotas> {
  const [compute, network] = await Promise.all([readCompute(cloud, ctx), readNetwork(cloud, ctx)]);
  return { ...compute, ...network };
}

/** Our name → Nova's names of limit and use. https://docs.openstack.org/api-ref/compute/#show-rate-and-absolute-limits */
const COMPUTE = {
  instances: ['maxTotalInstances', 'totalInstancesUsed'],
  cores: ['maxTotalCores', 'totalCoresUsed'],
  ram_mb: ['maxTotalRAMSize', 'totalRAMUsed'],
} as const;

async function readCompute(cloud: Cloud, ctx: CallContext): Promise<Quotas> {
  const { limits } = await cloud.get<WireLimits>({ service: 'compute', path: '/limits' }, ctx);
  const rows = Object.entries(COMPUTE).flatMap(([name, [limit, used]]) => {
    const [most, taken] = [limits.absolute[limit], limits.absolute[used]];
    return most === undefined || taken === undefined ? [] : [[name, quotaOf(most, taken)] as const];
  });
  return Object.fromEntries(rows);
}

/** Our name → Neutron's. https://docs.openstack.org/api-ref/network/v2/#show-quota-details-for-a-tenant */
const NETWORK = { networks: 'network', subnets: 'subnet', routers: 'router', ports: 'port' } as const;

/** The list of details is an extension, and its policy may keep it from members. */
async function readNetwork(cloud: Cloud, ctx: CallContext): Promise<Quotas> {
  const { projectId } = await cloud.session(ctx.signal);
  try {
    const path = `/quotas/${projectId}/details.json`;
    const { quota } = await cloud.get<WireQuotaDetails>({ service: 'network', path }, ctx);
    const rows = Object.entries(NETWORK).flatMap(([name, noun]) => {
      const row = quota[noun];
      return row ? [[name, quotaOf(row.limit, row.used + (row.reserved ?? 0))] as const] : [];
    });
    return Object.fromEntries(rows);
  } catch (error) {
    if (error instanceof Refused && (error.status === 403 || error.status === 404)) return {};
    throw error;
  }
}

function quotaOf(limit: number, used: number): Quotas[string] {
  return { limit: limit < 0 ? null : limit, used };
}
