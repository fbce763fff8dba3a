/**
 * Nova: its route table, its microversions and the middleware in front of it.
 *
 * API reference: https://docs.openstack.org/api-ref/compute/
 */
import type { Cloud } from './cloud.ts';
import { authenticate } from './keystone-errors.ts';
import { addActionRoutes } from './nova-actions.ts';
import { addFlavorRoutes } from './nova-flavors.ts';
import { addHypervisorRoutes } from './nova-hypervisors.ts';
import { addInstanceActionRoutes } from './nova-instance-actions.ts';
import { addInterfaceRoutes } from './nova-interfaces.ts';
import { addKeypairRoutes } from './nova-keypairs.ts';
import { addMetadataRoutes } from './nova-metadata.ts';
import { addLimitRoutes } from './nova-quotas.ts';
import { addServerRoutes } from './nova-servers.ts';
import { addTagRoutes } from './nova-tags.ts';
import { negotiate, showCurrent, showVersions, versionHeaders } from './nova-version.ts';
import { unknownPath, wrongMethod } from './plain-errors.ts';
import { Routes } from './routes.ts';
import { ok, settle, type Answer, type Call } from './wire.ts';

const open = new Set(['', '/v2.1', '/v2']);

export function createNova(cloud: Cloud): (call: Call) => Answer {
  const routes = new Routes();
  routes.add('GET', '/', () => showVersions(cloud));
  routes.add('GET', '/v2.1', () => showCurrent(cloud));
  addServerRoutes(routes, cloud);
  addActionRoutes(routes, cloud);
  addMetadataRoutes(routes, cloud);
  addTagRoutes(routes, cloud);
  addInterfaceRoutes(routes, cloud);
  addFlavorRoutes(routes, cloud);
  addKeypairRoutes(routes, cloud);
  addLimitRoutes(routes, cloud);
  addInstanceActionRoutes(routes, cloud);
  addHypervisorRoutes(routes, cloud);
  routes.add('GET', '/v2.1/extensions', () => ok({ extensions: [] }));
  routes.add('GET', '/v2.1/os-availability-zone', () =>
    ok({ availabilityZoneInfo: [{ zoneName: 'nova', zoneState: { available: true }, hosts: null }] }),
  );
  return (call) => {
    const answer = settle(() => dispatch(routes, cloud, call));
    const headers = {
      ...(withoutSlash(call.path) === '' ? {} : versionHeaders(call)),
      'X-Compute-Request-Id': call.requestId,
    };
    return { ...answer, headers: { ...headers, ...answer.headers } };
  };
}

function dispatch(routes: Routes, cloud: Cloud, call: Call): Answer {
  const path = withoutSlash(call.path);
  if (!open.has(path)) call.token = authenticate(cloud, call);
  call.microversion = negotiate(call);
  const match = routes.find(call.method, ownPath(path, call.token?.project_id));
  if (match === undefined) throw unknownPath();
  if (match.handler === undefined) throw wrongMethod(call.method);
  call.params = match.params;
  return match.handler(call);
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, '');
}

// Older catalogues put the project's id behind the version; Nova takes both.
function ownPath(path: string, project: string | null | undefined): string {
  return typeof project === 'string' && path.startsWith(`/v2.1/${project}/`)
    ? `/v2.1${path.slice(6 + project.length)}`
    : path;
}
