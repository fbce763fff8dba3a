/**
 * Looking at deployments: one, and page by page.
 */

import type { Deployment, DeploymentPage, ListDeploymentsQuery } from '../contract/deployment.ts';
import { GroundworkError } from '../domain/errors.ts';
import type { DeploymentFilter } from '../ports/store.ts';
import type { AppDependencies } from './dependencies.ts';
import { deploymentAt } from './deployment-at.ts';
import { deploymentOf, summaryOf } from './deployment-view.ts';

/** @throws GroundworkError not_found */
export async function getDeployment(dependencies: AppDependencies, id: string, at?: string): Promise<Deployment> {
  if (at !== undefined) return getDeploymentAt(dependencies, id, at);
  const view = await dependencies.store.deployments.view(id);
  if (!view) throw noDeployment(id);
  return deploymentOf(view, Date.now());
}

/** What depends on the time (how long it will take) is said as of then. */
async function getDeploymentAt({ store }: AppDependencies, id: string, at: string): Promise<Deployment> {
  const now = Date.parse(at);
  // Older than any deployment, and perhaps than the calendar of the database.
  const view = now > 0 ? deploymentAt(await store.events.until(id, at)) : undefined;
  if (view) return deploymentOf(view, now);
  const remedy = 'GET the deployment without `at` to see when it was created.';
  throw new GroundworkError('not_found', `there was no deployment ${id} at ${at}`, { remedy });
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
  return { items: page.map((item) => summaryOf(item, now)), total, next: last?.id ?? null };
}

export function noDeployment(id: string): GroundworkError {
  return new GroundworkError('not_found', `there is no deployment ${id}`, { remedy: 'GET /deployments lists them.' });
}

/** The id of the last item is the whole position: rows stay for ever, and a time would lose its microseconds on the way. */
function readCursor(cursor: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(cursor)) return cursor;
  const remedy = 'Use the value of `next` from the page before, or leave it out.';
  throw new GroundworkError('invalid_request', 'the cursor is none that this server gave', {
    faults: [{ pointer: 'query/cursor', detail: 'this is no cursor', value: cursor, remedy }],
  });
}
