/**
 * Nova's microversions: which one a call asks for, and the version documents.
 *
 * https://docs.openstack.org/nova/latest/reference/api-microversion-history.html
 */
import { prefixes, type Cloud } from './cloud.ts';
import { badRequest, refuse } from './nova-errors.ts';
import type { Answer, Call, JsonObject } from './wire.ts';

export const maximum = 93;

/**
 * NN of the 2.NN a call asks for: the header `OpenStack-API-Version: compute 2.NN`, else the older one, else 1.
 * Throws 400 for a malformed version and 406 for one out of range.
 */
export function negotiate(call: Call): number {
  const text = wantedVersion(call);
  if (text === undefined) return 1;
  if (text === 'latest') return maximum;
  const parts = /^([1-9]\d*)\.([1-9]\d*|0)$/.exec(text);
  if (parts === null)
    throw badRequest(`API Version String ${text} is of invalid format. Must be of format MajorNum.MinorNum.`);
  const [major, minor] = [Number(parts[1]), Number(parts[2])];
  if (major === 2 && minor >= 1 && minor <= maximum) return minor;
  throw refuse(406, `Version ${text} is not supported by the API. Minimum is 2.1 and maximum is 2.${maximum}.`);
}

/** The headers of every versioned answer; for a version that was refused, the refused one. */
export function versionHeaders(call: Call): Record<string, string | string[]> {
  const wanted = wantedVersion(call);
  const version =
    call.microversion > 0 ? `2.${call.microversion}` : /^\d+\.\d+$/.test(wanted ?? '') ? String(wanted) : '2.1';
  return {
    'OpenStack-API-Version': `compute ${version}`,
    'X-OpenStack-Nova-API-Version': version,
    Vary: ['OpenStack-API-Version', 'X-OpenStack-Nova-API-Version'],
  };
}

function wantedVersion(call: Call): string | undefined {
  const header = call.headers['openstack-api-version'];
  for (const part of String(header ?? '').split(',')) {
    const [service, version] = part.trim().split(/\s+/);
    if (service?.toLowerCase() === 'compute') return version?.toLowerCase() ?? '';
  }
  const legacy = call.headers['x-openstack-nova-api-version'];
  return typeof legacy === 'string' && legacy !== '' ? legacy.trim().toLowerCase() : undefined;
}

export function showVersions(cloud: Cloud): Answer {
  const old = {
    id: 'v2.0',
    status: 'SUPPORTED',
    version: '',
    min_version: '',
    updated: '2011-01-21T11:33:21Z',
    links: [self(cloud, 'v2')],
  };
  return { status: 200, body: { versions: [old, current(cloud)] } };
}

export function showCurrent(cloud: Cloud): Answer {
  const version = current(cloud);
  const links = [self(cloud, 'v2.1'), { rel: 'describedby', type: 'text/html', href: 'http://docs.openstack.org/' }];
  const types = [{ base: 'application/json', type: 'application/vnd.openstack.compute+json;version=2.1' }];
  return { status: 200, body: { version: { ...version, links, 'media-types': types } } };
}

function current(cloud: Cloud): JsonObject {
  return {
    id: 'v2.1',
    status: 'CURRENT',
    version: `2.${maximum}`,
    min_version: '2.1',
    updated: '2013-07-23T11:33:21Z',
    links: [self(cloud, 'v2.1')],
  };
}

function self(cloud: Cloud, version: string): JsonObject {
  return { rel: 'self', href: `${cloud.url}${prefixes.nova}/${version}/` };
}
