/**
 * People say a deployment's name or the first letters of its id; the API wants the id.
 */

import type { ApiClient } from '../../contract/client.ts';
import type { DeploymentSummary, ListDeploymentsQuery } from '../../contract/deployment.ts';
import { DISPLAY_NAME_PATTERN } from '../../contract/name.ts';
import { EXIT, ExitWith } from './exit.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ID_PREFIX = /^[0-9a-f][0-9a-f-]{3,}$/i;
const NAME = new RegExp(DISPLAY_NAME_PATTERN);
const PAGE = 200;

/**
 * The id behind what was said: a whole id, a name, or the beginning of an id. Living deployments go before deleted ones;
 * of several deleted ones with the same name the newest is meant.
 * @throws ExitWith when nothing or more than one fits
 */
export async function findDeployment(client: ApiClient, said: string): Promise<string> {
  if (UUID.test(said)) return said.toLowerCase();
  const found = (await search(client, said, {})) ?? (await search(client, said, { status: 'DELETED' }));
  if (found !== undefined) return found;
  throw new ExitWith(EXIT.refused, `There is no deployment "${said}". List them with: groundwork list`);
}

async function search(client: ApiClient, said: string, query: Query): Promise<string | undefined> {
  const named = NAME.test(said) ? await collect(client, { ...query, name: said }, () => true) : [];
  const isPrefix = (deployment: DeploymentSummary): boolean => deployment.id.startsWith(said.toLowerCase());
  const found = named.length > 0 || !ID_PREFIX.test(said) ? named : await collect(client, query, isPrefix);
  const newest = query.status === 'DELETED' && named.length > 0;
  if (found.length > 1 && !newest) throw ambiguous(said, found);
  return found[0]?.id;
}

type Filter = Exclude<keyof ListDeploymentsQuery, 'limit' | 'cursor'>;
type Query = { readonly [name in Filter]?: ListDeploymentsQuery[name] | undefined };

async function collect(client: ApiClient, query: Query, fits: (deployment: DeploymentSummary) => boolean) {
  const found: DeploymentSummary[] = [];
  for await (const deployment of allDeployments(client, query)) if (fits(deployment)) found.push(deployment);
  return found;
}

/** All deployments that match, page by page. */
export async function* allDeployments(client: ApiClient, query: Query): AsyncGenerator<DeploymentSummary> {
  let cursor: string | undefined;
  do {
    const page = await client.call('listDeployments', { query: { ...query, limit: PAGE, cursor } });
    yield* page.items;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

function ambiguous(said: string, found: readonly DeploymentSummary[]): ExitWith {
  const lines = found.slice(0, 10).map(({ id, name, cloud_region: region }) => `  ${id}  ${name} in ${region}`);
  return new ExitWith(EXIT.usage, [`"${said}" fits ${found.length} deployments; say which id:`, ...lines].join('\n'));
}
