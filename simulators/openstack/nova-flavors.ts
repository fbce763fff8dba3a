/** Flavors: fixed sizes, the same for every project. */
import type { Cloud } from './cloud.ts';
import { badRequest, refuse } from './nova-errors.ts';
import { linksTo } from './nova-server-view.ts';
import type { Routes } from './routes.ts';
import type { FlavorRow } from './rows.ts';
import { ok, param, type Call, type JsonObject } from './wire.ts';

export function addFlavorRoutes(routes: Routes, cloud: Cloud): void {
  routes.add('GET', '/v2.1/flavors', (call) =>
    ok({ flavors: page(cloud, call).map((row) => summary(cloud, row, call)) }),
  );
  routes.add('GET', '/v2.1/flavors/detail', (call) =>
    ok({ flavors: page(cloud, call).map((row) => detail(cloud, row, call)) }),
  );
  routes.add('GET', '/v2.1/flavors/{id}', (call) => ok({ flavor: detail(cloud, find(cloud, call), call) }));
  routes.add('GET', '/v2.1/flavors/{id}/os-extra_specs', (call) => ok({ extra_specs: find(cloud, call).extra_specs }));
}

function find(cloud: Cloud, call: Call): FlavorRow {
  const flavor = cloud.state.flavors.get(param(call, 'id'));
  if (flavor === undefined) throw refuse(404, `Flavor ${param(call, 'id')} could not be found.`);
  return flavor;
}

function page(cloud: Cloud, call: Call): FlavorRow[] {
  const ram = Number(call.query.get('minRam') ?? 0);
  const disk = Number(call.query.get('minDisk') ?? 0);
  const all = [...cloud.state.flavors.values()].filter((row) => row.ram >= ram && row.disk >= disk);
  const marker = call.query.get('marker');
  const at = marker === null ? -1 : all.findIndex((row) => row.id === marker);
  if (marker !== null && at < 0) throw badRequest(`marker [${marker}] not found`);
  return all.slice(at + 1, at + 1 + Number(call.query.get('limit') ?? cloud.options.novaMaxLimit));
}

function summary(cloud: Cloud, row: FlavorRow, call: Call): JsonObject {
  const { id, name, description } = row;
  return { id, name, links: linksTo(cloud, 'flavors', id), ...(call.microversion >= 55 && { description }) };
}

function detail(cloud: Cloud, row: FlavorRow, call: Call): JsonObject {
  return {
    id: row.id,
    name: row.name,
    ram: row.ram,
    disk: row.disk,
    swap: row.swap === 0 && call.microversion < 75 ? '' : row.swap,
    'OS-FLV-EXT-DATA:ephemeral': row.ephemeral,
    'OS-FLV-DISABLED:disabled': row.disabled,
    vcpus: row.vcpus,
    'os-flavor-access:is_public': row.is_public,
    rxtx_factor: row.rxtx_factor,
    links: linksTo(cloud, 'flavors', row.id),
    ...(call.microversion >= 55 && { description: row.description }),
    ...(call.microversion >= 61 && { extra_specs: row.extra_specs }),
  };
}
