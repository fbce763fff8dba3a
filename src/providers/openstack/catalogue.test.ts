import { describe, expect, it } from 'vitest';

import { resolveEndpoints } from './catalogue.ts';
import type { CloudConfig } from './cloud-config.ts';
import { classify } from './classify.ts';
import { Secret } from './secret.ts';

const CLOUD: CloudConfig = {
  name: 'lab',
  authUrl: 'http://k/v3',
  credentials: { method: 'token', token: new Secret('t') },
  interface: 'public',
  tls: { verify: true },
  endpoints: {},
};

function service(type: string, url: string, regions: readonly string[] = ['RegionOne']) {
  const endpoints = regions.flatMap((region) => [
    { interface: 'public', region_id: region, region, url: `${url}/${region}` },
    { interface: 'internal', region_id: region, region, url: `${url}.internal/${region}` },
  ]);
  return { type, endpoints };
}

function catalogue(regions?: readonly string[]) {
  return [
    service('compute', 'http://nova', regions),
    service('network', 'http://neutron', regions),
    service('image', 'http://glance', regions),
  ];
}

function failureOf(deed: () => unknown) {
  try {
    deed();
    return undefined;
  } catch (error) {
    return classify(error);
  }
}

describe('resolving endpoints from the catalogue', () => {
  it('appends the version where the catalogue leaves it out', () => {
    expect(resolveEndpoints(CLOUD, catalogue())).toEqual({
      compute: 'http://nova/RegionOne/v2.1',
      network: 'http://neutron/RegionOne/v2.0',
      image: 'http://glance/RegionOne/v2',
    });
  });

  it('leaves a version and a project in the path as they are', () => {
    const endpoints = [{ interface: 'public', region: 'R', url: 'http://nova:8774/v2.1/0123/' }];
    const services = [
      { type: 'compute', endpoints },
      service('network', 'http://n', ['R']),
      service('image', 'http://g', ['R']),
    ];
    expect(resolveEndpoints(CLOUD, services).compute).toBe('http://nova:8774/v2.1/0123');
  });

  it('picks the region and the interface of the configuration', () => {
    const cloud: CloudConfig = { ...CLOUD, regionName: 'south', interface: 'internal' };
    expect(resolveEndpoints(cloud, catalogue(['north', 'south'])).network).toBe('http://neutron.internal/south/v2.0');
  });

  it('prefers an override to the catalogue', () => {
    const cloud: CloudConfig = { ...CLOUD, endpoints: { compute: 'http://mine/v2.1' } };
    expect(resolveEndpoints(cloud, catalogue().slice(1)).compute).toBe('http://mine/v2.1');
  });

  it('does not guess a region where there are several', () => {
    expect(failureOf(() => resolveEndpoints(CLOUD, catalogue(['north', 'south'])))).toMatchObject({
      class: 'permanent',
      type: 'RegionNotNamed',
      message: 'cloud lab has several regions: north, south',
    });
  });

  it('names what the catalogue offers when the region is not in it', () => {
    const failure = failureOf(() => resolveEndpoints({ ...CLOUD, regionName: 'west' }, catalogue()));
    expect(failure).toMatchObject({ class: 'permanent', type: 'EndpointNotFound' });
    expect(failure?.message).toContain(
      'in region west; its catalogue offers: public in RegionOne, internal in RegionOne',
    );
  });
});
