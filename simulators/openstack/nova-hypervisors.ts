/** Hypervisors: what the hosts have and how much of it is taken. Administrators only, as in a fresh installation. */
import type { Cloud } from './cloud.ts';
import { forbidden } from './nova-errors.ts';
import type { Routes } from './routes.ts';
import { ok, tokenOf, type Answer, type Call, type JsonObject } from './wire.ts';

/** What the laboratory's one host says of itself; memory in MiB, disk in GiB. */
const host = { vcpus: 1000, memory_mb: 800_000, local_gb: 600_000 };
const reserved_memory_mb = 512;

export function addHypervisorRoutes(routes: Routes, cloud: Cloud): void {
  const path = '/v2.1/os-hypervisors';
  routes.add('GET', path, (call) => forAdministrators(call, 'list', { hypervisors: [summary] }));
  routes.add('GET', `${path}/detail`, (call) =>
    forAdministrators(call, 'list-detail', {
      hypervisors: [{ ...summary, ...(call.microversion < 88 && use(cloud)) }],
    }),
  );
  routes.add('GET', `${path}/statistics`, (call) =>
    forAdministrators(call, 'statistics', { hypervisor_statistics: { count: 1, ...use(cloud) } }),
  );
}

function forAdministrators(call: Call, rule: string, body: JsonObject): Answer {
  if (!tokenOf(call).admin) throw forbidden(`os-hypervisors:${rule}`);
  return ok(body);
}

const summary: JsonObject = {
  id: '7ac777f2-64ef-4d11-a4e4-4c44f4670096',
  hypervisor_hostname: 'oslab',
  state: 'up',
  status: 'enabled',
};

function use(cloud: Cloud): JsonObject {
  const taken = { vcpus_used: 0, memory_mb_used: reserved_memory_mb, local_gb_used: 0, running_vms: 0 };
  for (const { flavor, host: home } of cloud.state.servers.values()) {
    if (home === null) continue;
    taken.vcpus_used += flavor.vcpus;
    taken.memory_mb_used += flavor.ram;
    taken.local_gb_used += flavor.disk;
    taken.running_vms += 1;
  }
  const free = {
    free_ram_mb: host.memory_mb - taken.memory_mb_used,
    free_disk_gb: host.local_gb - taken.local_gb_used,
  };
  return { ...host, ...taken, ...free, current_workload: 0, disk_available_least: 0 };
}
