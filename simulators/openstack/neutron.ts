/**
 * Neutron: its route table, its version discovery and the middleware in front of it.
 *
 * API reference: https://docs.openstack.org/api-ref/network/v2/
 */
import { prefixes, type Cloud } from './cloud.ts';
import { authenticate } from './keystone-errors.ts';
import { addCollection } from './neutron-collection.ts';
import { defaultGroup } from './neutron-default-group.ts';
import { addExtensionRoutes } from './neutron-extensions.ts';
import { floatingIpResource } from './neutron-floating-ips.ts';
import { addInterfaceRoutes } from './neutron-interfaces.ts';
import { networkResource } from './neutron-networks.ts';
import { portResource } from './neutron-ports.ts';
import { addQuotaRoutes } from './neutron-quotas.ts';
import { routerResource } from './neutron-routers.ts';
import { securityGroupResource, securityGroupRuleResource } from './neutron-security-groups.ts';
import { subnetResource } from './neutron-subnets.ts';
import { addTagRoutes } from './neutron-tags.ts';
import { refuse } from './neutron-errors.ts';
import { wrongMethod } from './plain-errors.ts';
import { Routes } from './routes.ts';
import { ok, settle, tokenOf, type Answer, type Call, type JsonObject } from './wire.ts';

export function createNeutron(cloud: Cloud): (call: Call) => Answer {
  const routes = new Routes();
  const href = (): string => `${cloud.url}${prefixes.neutron}/v2.0/`;
  const version = (): JsonObject => ({ id: 'v2.0', status: 'CURRENT', links: [{ rel: 'self', href: href() }] });
  routes.add('GET', '/', () => ok({ versions: [version()] }));
  routes.add('GET', '/v2.0', () =>
    ok({
      resources: ['network', 'subnet', 'subnetpool', 'port'].map((name) => ({
        name,
        collection: `${name}s`,
        links: [{ rel: 'self', href: `${href()}${name}s` }],
      })),
    }),
  );
  addCollection(routes, cloud, networkResource(cloud));
  addCollection(routes, cloud, subnetResource(cloud));
  addCollection(routes, cloud, portResource(cloud));
  addCollection(routes, cloud, routerResource(cloud));
  addCollection(routes, cloud, floatingIpResource(cloud));
  addCollection(routes, cloud, securityGroupResource(cloud));
  addCollection(routes, cloud, securityGroupRuleResource(cloud));
  addInterfaceRoutes(routes, cloud);
  addTagRoutes(routes, cloud);
  addQuotaRoutes(routes, cloud);
  addExtensionRoutes(routes);
  return (call) => settle(() => dispatch(routes, cloud, call));
}

function dispatch(routes: Routes, cloud: Cloud, call: Call): Answer {
  const path = call.path.replace(/\.json$/, call.path.endsWith('/details.json') ? '.json' : '');
  const match = routes.find(call.method, path);
  if (path !== '/' && path !== '') call.token = authenticate(cloud, call);
  if (match === undefined) throw refuse(404, 'HTTPNotFound', 'The resource could not be found.');
  if (match.handler === undefined) throw wrongMethod(call.method);
  call.params = match.params;
  // The first look at security groups is also what makes a project's default group.
  if (path.startsWith('/v2.0/security-group')) defaultGroup(cloud, tokenOf(call).project_id ?? '');
  return match.handler(call);
}
