/** The extensions this Neutron says it has: those whose behaviour is imitated. */
import { plain } from './plain-errors.ts';
import type { Routes } from './routes.ts';
import { ok, param, type JsonObject } from './wire.ts';

const names: Readonly<Record<string, string>> = {
  'ext-gw-mode': 'Neutron L3 Configurable external gateway mode',
  'external-net': 'Neutron external network',
  extraroute: 'Neutron Extra Route',
  'filter-validation': 'Filter parameters validation',
  'net-mtu': 'Network MTU',
  'net-mtu-writable': 'Network MTU (writable)',
  pagination: 'Pagination support',
  'port-security': 'Port Security',
  'project-id': 'project_id field enabled',
  provider: 'Provider Network',
  quotas: 'Quota management support',
  quota_details: 'Quota details management support',
  'revision-if-match': 'If-Match constraints based on revision_number',
  router: 'Neutron L3 Router',
  'security-group': 'security-group',
  sorting: 'Sorting support',
  'standard-attr-description': 'standard-attr-description',
  'standard-attr-revisions': 'Resource revision numbers',
  'standard-attr-tag':
    'Tag support for resources with standard attribute: subnet, trunk, network_segment_range, router, network, policy, subnetpool, port, security_group, floatingip',
  'standard-attr-timestamp': 'Resource timestamps',
};

export function addExtensionRoutes(routes: Routes): void {
  const all = Object.entries(names).map(([alias, name]): JsonObject => ({
    alias,
    name,
    description: name,
    links: [],
    updated: '2016-01-01T10:00:00-00:00',
  }));
  routes.add('GET', '/v2.0/extensions', () => ok({ extensions: all }));
  routes.add('GET', '/v2.0/extensions/{alias}', (call) => {
    const extension = all.find(({ alias }) => alias === param(call, 'alias'));
    if (extension === undefined)
      throw plain(
        404,
        'Not Found',
        'The resource could not be found.',
        `Extension with alias ${param(call, 'alias')} does not exist`,
      );
    return ok({ extension });
  });
}
