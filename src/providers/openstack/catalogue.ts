/**
 * The service catalogue: which address serves what, in the region and on the interface that the cloud's configuration
 * names. Pure.
 */

import type { CloudConfig } from './cloud-config.ts';
import type { Service } from './errors.ts';
import { Stopped } from './errors.ts';
import type { WireCatalogueService, WireEndpoint } from './wire.ts';

export type Endpoints = Readonly<Record<Exclude<Service, 'identity'>, string>>;

/** Versions are part of our requests, but not of every catalogue. */
const VERSION_PATH = { compute: '/v2.1', network: '/v2.0', image: '/v2' } as const;
const VERSION_PATTERN = /\/v\d+(\.\d+)?(\/|$)/;

/**
 * Addresses with version and without a slash at their end.
 * @throws Stopped when a service has no endpoint, or when the region is not named and there are several.
 */
export function resolveEndpoints(cloud: CloudConfig, catalogue: readonly WireCatalogueService[]): Endpoints {
  const find = (service: keyof Endpoints): string => {
    const url = cloud.endpoints[service] ?? findEndpoint(cloud, service, catalogue);
    const bare = url.replace(/\/+$/, '');
    return VERSION_PATTERN.test(bare) ? bare : `${bare}${VERSION_PATH[service]}`;
  };
  return { compute: find('compute'), network: find('network'), image: find('image') };
}

function findEndpoint(
  cloud: CloudConfig,
  service: keyof Endpoints,
  catalogue: readonly WireCatalogueService[],
): string {
  const all = catalogue.filter(({ type }) => type === service).flatMap(({ endpoints }) => endpoints);
  const facing = all.filter((endpoint) => endpoint.interface === cloud.interface);
  const regions = [...new Set(facing.map(regionOf))].sort();
  const wanted = cloud.regionName ?? (regions.length > 1 ? undefined : regions[0]);
  if (wanted === undefined && regions.length > 1) throw severalRegions(cloud, regions);
  const endpoint = facing.find((candidate) => regionOf(candidate) === wanted);
  if (!endpoint) throw noEndpoint(cloud, service, all);
  return endpoint.url;
}

function regionOf(endpoint: WireEndpoint): string {
  return endpoint.region_id ?? endpoint.region ?? '';
}

function severalRegions(cloud: CloudConfig, regions: readonly string[]): Stopped {
  return new Stopped({
    class: 'permanent',
    type: 'RegionNotNamed',
    message: `cloud ${cloud.name} has several regions: ${regions.join(', ')}`,
    remedy: `Set region_name of clouds.${cloud.name} in clouds.yaml to one of them.`,
  });
}

function noEndpoint(cloud: CloudConfig, service: string, all: readonly WireEndpoint[]): Stopped {
  const offered = all.map((endpoint) => `${endpoint.interface} in ${regionOf(endpoint)}`).join(', ') || 'none at all';
  const place = cloud.regionName === undefined ? '' : ` in region ${cloud.regionName}`;
  return new Stopped({
    class: 'permanent',
    type: 'EndpointNotFound',
    message: `cloud ${cloud.name} has no ${cloud.interface} endpoint for ${service}${place}; its catalogue offers: ${offered}`,
    remedy: `Correct region_name or interface in clouds.yaml, or set ${service}_endpoint_override.`,
  });
}
