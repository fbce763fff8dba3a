/**
 * Microversion: which version of Nova's API to ask for.
 *
 * 2.79 is preferred: the newest of the release Train (2019), so that every cloud in service speaks it and behaves the
 * same. It holds all that is used: tags at creation (2.52), the flavor embedded in the server (2.47), servers of an
 * unreachable cell still listed (2.69), unknown filters refused instead of ignored (2.75). A cloud that offers less
 * gets its own newest; below 2.52 there are no tags and lists are filtered on our side.
 * https://docs.openstack.org/nova/latest/reference/api-microversion-history.html
 */

import { Stopped } from './errors.ts';
import type { WireComputeVersion } from './wire.ts';

export interface ComputeVersion {
  /** For the header; undefined for a Nova that knows no microversions. */
  readonly microversion: string | undefined;
  /** Newest that the cloud offers. */
  readonly offered: string | undefined;
  /** Servers can be tagged by the create call and listed by tag. */
  readonly tags: boolean;
}

const PREFERRED = '2.79';
const TAGS_AT_CREATION = 52;

/**
 * The version to use.
 * @param wished from clouds.yaml; taken as it is.
 * @throws Stopped when the cloud does not offer the wished version.
 */
export function chooseMicroversion(offer: WireComputeVersion, wished?: string): ComputeVersion {
  const newest = minorOf(offer.version);
  const oldest = minorOf(offer.min_version) ?? 1;
  if (newest === undefined) return { microversion: undefined, offered: undefined, tags: false };
  const minor =
    wished === undefined ? Math.max(oldest, Math.min(newest, minorOf(PREFERRED) ?? newest)) : minorOf(wished);
  if (minor === undefined || minor < oldest || minor > newest) throw notOffered(wished ?? PREFERRED, oldest, newest);
  return { microversion: `2.${minor}`, offered: `2.${newest}`, tags: minor >= TAGS_AT_CREATION };
}

/** Both names of the header: clouds before 2.27 know only the second. */
export function microversionHeaders(version: ComputeVersion): Record<string, string> {
  const { microversion } = version;
  if (microversion === undefined) return {};
  return { 'openstack-api-version': `compute ${microversion}`, 'x-openstack-nova-api-version': microversion };
}

/** Where the version document is: the endpoint without the project id that some catalogues append. */
export function versionDocumentUrl(computeEndpoint: string): URL {
  return new URL(`${computeEndpoint.replace(/(\/v2(?:\.\d+)?)(\/.*)?$/, '$1')}/`);
}

function minorOf(version: string | undefined): number | undefined {
  const match = /^2\.(\d+)$/.exec(version ?? '');
  return match ? Number(match[1]) : undefined;
}

function notOffered(wished: string, oldest: number, newest: number): Stopped {
  return new Stopped({
    class: 'permanent',
    type: 'MicroversionNotOffered',
    message: `compute microversion ${wished} is not offered: the cloud has 2.${oldest} to 2.${newest}`,
    remedy: 'Correct or remove compute_default_microversion in clouds.yaml.',
  });
}
