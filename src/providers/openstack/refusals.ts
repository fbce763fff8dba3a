/**
 * Known refusals: the table that reads a service's words. The first row that fits says what the answer means; where no
 * row fits, the status alone decides. Every row was taken from an answer of the real services or from the API reference
 * (https://docs.openstack.org/api-quick-start/), and has a line in `errors.test.ts`.
 */

import type { FailureClass } from '../../domain/failure.ts';
import type { Refused, Service } from './errors.ts';

export interface Meaning {
  readonly class: FailureClass;
  readonly type: string;
  readonly remedy?: string;
}

interface Row extends Meaning {
  readonly service?: Service;
  readonly status: number;
  /** Fits the cloud's words. */
  readonly words?: RegExp;
  /** Fits Neutron's exception name. */
  readonly neutron?: RegExp;
}

const RAISE_QUOTA = 'Ask for a higher quota of the project, or delete what is not needed.';
const ROWS: readonly Row[] = [
  // Keystone: wrong password, unknown user, unknown project and missing role all read the same.
  {
    service: 'identity',
    status: 401,
    class: 'permanent',
    type: 'AuthenticationFailed',
    remedy: 'Check user, password or application credential, project and domains of the cloud in clouds.yaml.',
  },
  {
    service: 'identity',
    status: 404,
    class: 'permanent',
    type: 'IdentityNotFound',
    remedy: 'Check auth.auth_url in clouds.yaml: no Keystone v3 answers there.',
  },
  // Quota: Nova says 403 (or 413 in its older days), Neutron 409.
  {
    status: 403,
    words: /quota exceeded|exceeds? .*quota/i,
    class: 'permanent',
    type: 'QuotaExceeded',
    remedy: RAISE_QUOTA,
  },
  { status: 413, words: /quota exceeded/i, class: 'permanent', type: 'QuotaExceeded', remedy: RAISE_QUOTA },
  {
    status: 409,
    neutron: /^(OverQuota|QuotaExceeded|.*QuotaError)$/,
    class: 'permanent',
    type: 'QuotaExceeded',
    remedy: RAISE_QUOTA,
  },
  // Nova, POST /servers.
  {
    service: 'compute',
    status: 403,
    words: /^Maximum number of metadata items/,
    class: 'permanent',
    type: 'TooMuchMetadata',
    remedy: 'Give the tier fewer metadata items: the cloud limits how many a server has, and ours are among them.',
  },
  {
    service: 'compute',
    status: 400,
    words: /^Flavor .* could not be found/,
    class: 'permanent',
    type: 'FlavorNotFound',
    remedy: 'Name a flavor that the project may use.',
  },
  {
    service: 'compute',
    status: 400,
    words: /Can not find requested image|^Image .* could not be found/i,
    class: 'permanent',
    type: 'ImageNotFound',
    remedy: 'Name an image that the project may use.',
  },
  {
    service: 'compute',
    status: 400,
    words: /is not active/i,
    class: 'permanent',
    type: 'ImageNotActive',
    remedy: 'Wait until the image is active, or name another one.',
  },
  {
    service: 'compute',
    status: 400,
    words: /Invalid key_name/i,
    class: 'permanent',
    type: 'KeyPairNotFound',
    remedy: 'Make the key pair as the user of clouds.yaml (key pairs belong to users), or name another one.',
  },
  {
    service: 'compute',
    status: 400,
    words: /^Network .* could not be found/i,
    class: 'permanent',
    type: 'NetworkNotFound',
    remedy: 'Somebody deleted the network meanwhile: find out who else works in the project, then deploy again.',
  },
  {
    service: 'compute',
    status: 400,
    words: /^Security group .* not found|Unable to find security_group/i,
    class: 'permanent',
    type: 'SecurityGroupNotFound',
    remedy: 'Name a security group of the project.',
  },
  // The same of a living server.
  {
    service: 'compute',
    status: 404,
    words: /^Security group .* is not found for project/i,
    class: 'permanent',
    type: 'SecurityGroupNotFound',
    remedy: 'Name a security group of the project.',
  },
  {
    service: 'compute',
    status: 400,
    words: /availability zone/i,
    class: 'permanent',
    type: 'AvailabilityZoneNotFound',
    remedy: 'Name an availability zone of the region.',
  },
  // An earlier request of ours, whose answer was lost, may have taken the address: look before judging.
  {
    service: 'compute',
    status: 400,
    words: /^Fixed IP address .* is already in use/i,
    class: 'unknown-outcome',
    type: 'FixedIpInUse',
    remedy: 'Free the address, or let another one be chosen.',
  },
  {
    service: 'compute',
    status: 409,
    words: /^Fixed IP .* is already in use/i,
    class: 'unknown-outcome',
    type: 'FixedIpInUse',
    remedy: 'Free the address, or let another one be chosen.',
  },
  {
    service: 'compute',
    status: 400,
    words: /disk is smaller|memory is too small|Flavor's (disk|memory)/i,
    class: 'permanent',
    type: 'FlavorTooSmall',
    remedy: 'Name a larger flavor or a smaller image.',
  },
  {
    service: 'compute',
    status: 409,
    words: /is locked/i,
    class: 'permanent',
    type: 'ServerLocked',
    remedy: 'Unlock the server (openstack server unlock), then try again.',
  },
  {
    service: 'compute',
    status: 409,
    words: /while it is in|task_state|vm_state/i,
    class: 'transient',
    type: 'Conflict',
  },
  // Neutron.
  {
    service: 'network',
    status: 400,
    words: /already has a port on subnet/i,
    class: 'unknown-outcome',
    type: 'InterfaceExists',
  },
  {
    service: 'network',
    status: 409,
    neutron: /^IpAddress(AlreadyAllocated|InUse)$/,
    class: 'unknown-outcome',
    type: 'FixedIpInUse',
    remedy: 'Free the address, or let another one be chosen.',
  },
  {
    service: 'network',
    status: 409,
    neutron: /^IpAddressGenerationFailure/,
    class: 'permanent',
    type: 'NoMoreAddresses',
    remedy: 'Choose a larger subnet, or free addresses.',
  },
  {
    service: 'network',
    status: 503,
    neutron: /^NoNetworkAvailable|NetworksExhausted|NoNetworkFound/,
    class: 'permanent',
    type: 'NoNetworkAvailable',
    remedy: 'Ask the operators: the cloud has no segment left for tenant networks.',
  },
];

/** What this answer means for a run. */
export function meaningOf(refused: Refused): Meaning {
  const row = ROWS.find((candidate) => fits(candidate, refused));
  if (!row) return meaningOfStatus(refused);
  return { class: row.class, type: row.type, ...(row.remedy !== undefined && { remedy: row.remedy }) };
}

function fits(row: Row, { call, status, envelope }: Refused): boolean {
  if (row.status !== status || (row.service !== undefined && row.service !== call.service)) return false;
  if (row.neutron && !row.neutron.test(envelope.type ?? '')) return false;
  return row.words === undefined || row.words.test(envelope.message);
}

function meaningOfStatus(refused: Refused): Meaning {
  const { call, status } = refused;
  // A gateway that gave up, or a service that broke half way, may have made the object.
  if ([500, 502, 504].includes(status)) {
    return { class: call.method === 'POST' && call.mutating ? 'unknown-outcome' : 'transient', type: 'CloudError' };
  }
  if (status === 503) return { class: 'transient', type: 'CloudUnavailable' };
  if (status === 429 || (status === 413 && refused.retryAfterMs !== undefined)) {
    return { class: 'transient', type: 'RateLimited' };
  }
  if (status === 409) return meaningOfConflict(refused);
  const type = refused.envelope.type ?? TYPE_BY_STATUS[status] ?? 'UnexpectedAnswer';
  return MEANING_BY_STATUS[status] ?? { class: 'permanent', type };
}

/** `NetworkInUse`, `SubnetInUse`, `RouterInUse`, `RouterInterfaceInUseByFloatingIP`, `ServicePortInUse`, … */
function meaningOfConflict({ envelope }: Refused): Meaning {
  const type = envelope.type ?? 'Conflict';
  return { class: type.includes('InUse') ? 'in-use' : 'permanent', type };
}

const MEANING_BY_STATUS: Readonly<Record<number, Meaning>> = {
  // The client has renewed the token once already. Glance says so while Keystone is away: an outage, not a wrong key.
  401: { class: 'transient', type: 'Unauthorized' },
  403: { class: 'permanent', type: 'Forbidden', remedy: 'Give the user of clouds.yaml the role that this call needs.' },
  408: { class: 'transient', type: 'Timeout' },
  412: { class: 'transient', type: 'Conflict' },
};

const TYPE_BY_STATUS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  404: 'NotFound',
  406: 'VersionNotSupported',
  413: 'RequestTooLarge',
};
