/**
 * Looking at deployments: one, and page by page.
 */

import type { Deployment, DeploymentPage, ListDeploymentsQuery } from '../contract/deployment.ts';
import { GroundworkError } from '../domain/errors.ts';
import type { DeploymentFilter } from '../ports/store.ts';
import type { AppDependencies } from './dependencies.ts';
import { deploymentOf, summaryOf } from './deployment-view.ts';

/** @throws GroundworkError not_found */
export async function getDeployment({ store }: AppDependencies, id: string): Promise<Deployment> {
  const view = await store.deployments.view(id);
  if (!view) throw noDeployment(id);
  return deploymentOf(view, Date.now());
}

/** @throws GroundworkError invalid_request for a cursor that is none */
export async function listDeployments(
  { store }: AppDependencies,
  query: ListDeploymentsQuery,
): Promise<DeploymentPage> {
  const { status, cloud_region: region, template, name, limit, cursor } = query;
  const filter: DeploymentFilter = {
    limit: limit + 1,
    ...(status === undefined ? {} : { status }),
    ...(region === undefined ? {} : { region }),
    ...(template === undefined ? {} : { template }),
    ...(name === undefined ? {} : { name }),
    ...(cursor === undefined ? {} : { after: readCursor(cursor) }),
  };
  const { items, total } = await store.deployments.list(filter);
  const page = items.slice(0, limit);
  const last = items.length > limit ? page.at(-1)?.deployment : undefined;
  const now = Date.now();
  return { items: page.map((item) => summaryOf(item, now)), total, next: last ? writeCursor(last) : null };
}

export function noDeployment(id: string): GroundworkError {
  return new GroundworkError('not_found', `there is no deployment ${id}`, { remedy: 'GET /deployments lists them.' });
}

/** A position in the list: time and id of the last item, in an alphabet that needs no escaping in a URL. */
function writeCursor({ createdAt, id }: { createdAt: string; id: string }): string {
  return btoa(`${createdAt} ${id}`).replaceAll('+', '-').replaceAll('/', '_');
}

function readCursor(cursor: string): { createdAt: string; id: string } {
  try {
    const [createdAt = '', id = ''] = atob(cursor.replaceAll('-', '+').replaceAll('_', '/')).split(' ');
    if (!Number.isNaN(Date.parse(createdAt)) && /^[0-9a-f-]{36}$/.test(id)) return { createdAt, id };
  } catch {
    // Not base64: reported below like any other text that is no cursor.
  }
  const remedy = 'Use the value of `next` from the page before, or leave it out.';
  throw new GroundworkError('invalid_request', 'the cursor is none that this server gave', {
    faults: [{ pointer: 'query/cursor', detail: 'this is no cursor', value: cursor, remedy }],
  });
}
