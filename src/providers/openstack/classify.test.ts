import { describe, expect, it } from 'vitest';

import { LeaseLost } from '../../ports/driver.ts';
import { readEnvelope } from './envelope.ts';
import type { Method, Service } from './errors.ts';
import { classify } from './classify.ts';
import { Refused, Stopped, Unanswered } from './errors.ts';

const ID = '5afeba0d-d25e-41b5-8694-d8e2ebb00253';

function refused(service: Service, method: Method, status: number, body: unknown): Refused {
  const call = { service, method, path: '/path', mutating: method !== 'GET' };
  return new Refused(call, { status, envelope: readEnvelope(body), requestId: 'req-1', retryAfterMs: undefined });
}

const nova = (name: string, code: number, message: string) => ({ [name]: { code, message } });
const neutron = (type: string, message: string) => ({ NeutronError: { type, message, detail: '' } });
const keystone = (code: number, message: string, title: string) => ({ error: { code, message, title } });
const plain = (code: string, message: string) => ({ message, code, title: code.slice(4) });

const UNAUTHORIZED = keystone(401, 'The request you have made requires authentication.', 'Unauthorized');
const UNEXPECTED = nova(
  'computeFault',
  500,
  "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log if possible.\n<class 'keystoneauth1.exceptions.connection.ConnectFailure'>",
);

/** Bodies as Keystone 22, Nova 26, Neutron 21 and Glance 25 sent them. */
const CASES: readonly (readonly [Service, Method, number, unknown, string, string])[] = [
  // identity
  ['identity', 'POST', 401, UNAUTHORIZED, 'permanent', 'AuthenticationFailed'],
  [
    'identity',
    'POST',
    404,
    plain('404 Not Found', 'The resource could not be found.'),
    'permanent',
    'IdentityNotFound',
  ],
  ['identity', 'POST', 503, '<html><h1>503 Service Unavailable</h1></html>', 'transient', 'CloudUnavailable'],
  // any service that was shown a token it does not take, or that cannot ask Keystone
  ['compute', 'POST', 401, UNAUTHORIZED, 'transient', 'Unauthorized'],
  [
    'image',
    'GET',
    401,
    plain('401 Unauthorized', 'This server could not verify that you are authorized.<br /><br />\n\n\n'),
    'transient',
    'Unauthorized',
  ],
  [
    'network',
    'POST',
    503,
    plain('503 Service Unavailable', 'The Keystone service is temporarily unavailable.<br /><br />\n\n\n'),
    'transient',
    'CloudUnavailable',
  ],
  // quota
  [
    'compute',
    'POST',
    403,
    nova('forbidden', 403, 'Quota exceeded for instances: Requested 1, but already used 2 of 2 instances'),
    'permanent',
    'QuotaExceeded',
  ],
  [
    'compute',
    'POST',
    403,
    nova(
      'forbidden',
      403,
      'Quota exceeded for cores, ram: Requested 8, 16384, but already used 0, 0 of 4, 8192 cores, ram',
    ),
    'permanent',
    'QuotaExceeded',
  ],
  [
    'network',
    'POST',
    409,
    neutron('OverQuota', "Quota exceeded for resources: ['network']."),
    'permanent',
    'QuotaExceeded',
  ],
  // other 403
  [
    'compute',
    'GET',
    403,
    nova('forbidden', 403, "Policy doesn't allow os_compute_api:servers:index:get_all_tenants to be performed."),
    'permanent',
    'Forbidden',
  ],
  [
    'network',
    'DELETE',
    403,
    neutron('HTTPForbidden', 'rule:delete_network is disallowed by policy'),
    'permanent',
    'Forbidden',
  ],
  [
    'compute',
    'POST',
    403,
    nova('forbidden', 403, 'Maximum number of metadata items exceeds 128'),
    'permanent',
    'TooMuchMetadata',
  ],
  // POST /servers
  [
    'compute',
    'POST',
    400,
    nova('badRequest', 400, 'Flavor no-such-flavor could not be found.'),
    'permanent',
    'FlavorNotFound',
  ],
  ['compute', 'POST', 400, nova('badRequest', 400, 'Can not find requested image'), 'permanent', 'ImageNotFound'],
  ['compute', 'POST', 400, nova('badRequest', 400, `Image ${ID} is not active.`), 'permanent', 'ImageNotActive'],
  ['compute', 'POST', 400, nova('badRequest', 400, 'Invalid key_name provided.'), 'permanent', 'KeyPairNotFound'],
  [
    'compute',
    'POST',
    400,
    nova('badRequest', 400, `Network ${ID} could not be found.`),
    'permanent',
    'NetworkNotFound',
  ],
  [
    'compute',
    'POST',
    400,
    nova('badRequest', 400, "Unable to find security_group with name or id 'nope'"),
    'permanent',
    'SecurityGroupNotFound',
  ],
  [
    'compute',
    'POST',
    400,
    nova('badRequest', 400, 'The requested availability zone is not available'),
    'permanent',
    'AvailabilityZoneNotFound',
  ],
  [
    'compute',
    'POST',
    409,
    nova('conflictingRequest', 409, 'Fixed IP 10.2.0.77 is already in use.'),
    'unknown-outcome',
    'FixedIpInUse',
  ],
  [
    'compute',
    'POST',
    404,
    nova('itemNotFound', 404, `Security group nope is not found for project ${ID}`),
    'permanent',
    'SecurityGroupNotFound',
  ],
  [
    'compute',
    'POST',
    400,
    nova('badRequest', 400, `Fixed IP address 10.2.0.77 is already in use on instance ${ID}.`),
    'unknown-outcome',
    'FixedIpInUse',
  ],
  [
    'compute',
    'POST',
    400,
    nova('badRequest', 400, "Flavor's memory is too small for requested image."),
    'permanent',
    'FlavorTooSmall',
  ],
  ['compute', 'POST', 400, nova('badRequest', 400, 'Malformed request body'), 'permanent', 'BadRequest'],
  ['compute', 'POST', 409, nova('conflictingRequest', 409, `Port ${ID} is still in use.`), 'permanent', 'Conflict'],
  // servers afterwards
  ['compute', 'DELETE', 409, nova('conflictingRequest', 409, `Instance ${ID} is locked`), 'permanent', 'ServerLocked'],
  [
    'compute',
    'DELETE',
    409,
    nova('conflictingRequest', 409, `Cannot 'delete' instance ${ID} while it is in task_state resize_prep`),
    'transient',
    'Conflict',
  ],
  ['compute', 'GET', 404, nova('itemNotFound', 404, `Instance ${ID} could not be found.`), 'permanent', 'NotFound'],
  [
    'compute',
    'GET',
    406,
    nova('computeFault', 406, 'Version 2.999 is not supported by the API. Minimum is 2.1 and maximum is 2.93.'),
    'permanent',
    'VersionNotSupported',
  ],
  // Neutron, in use
  [
    'network',
    'DELETE',
    409,
    neutron(
      'NetworkInUse',
      `Unable to complete operation on network ${ID}. There are one or more ports still in use on the network, id for these ports is: ${ID}.`,
    ),
    'in-use',
    'NetworkInUse',
  ],
  [
    'network',
    'DELETE',
    409,
    neutron(
      'SubnetInUse',
      `Unable to complete operation on subnet ${ID}: One or more ports have an IP allocation from this subnet.`,
    ),
    'in-use',
    'SubnetInUse',
  ],
  [
    'network',
    'DELETE',
    409,
    neutron('RouterInUse', `Router ${ID} has ports still attached: ${ID}`),
    'in-use',
    'RouterInUse',
  ],
  [
    'network',
    'PUT',
    409,
    neutron(
      'RouterInterfaceInUseByFloatingIP',
      `Router interface for subnet ${ID} on router ${ID} cannot be deleted, as it is required by one or more floating IPs.`,
    ),
    'in-use',
    'RouterInterfaceInUseByFloatingIP',
  ],
  [
    'network',
    'DELETE',
    409,
    neutron(
      'ServicePortInUse',
      `Port ${ID} cannot be deleted directly via the port API: has device owner network:router_interface.`,
    ),
    'in-use',
    'ServicePortInUse',
  ],
  // Neutron, wrong
  [
    'network',
    'PUT',
    400,
    neutron('BadRequest', `Bad router request: Router already has a port on subnet ${ID}.`),
    'unknown-outcome',
    'InterfaceExists',
  ],
  [
    'network',
    'POST',
    400,
    neutron('BadRequest', `Bad router request: Network ${ID} is not an external network.`),
    'permanent',
    'BadRequest',
  ],
  [
    'network',
    'POST',
    400,
    neutron(
      'InvalidInput',
      'Invalid input for operation: Requested subnet with cidr: 10.1.0.0/25 overlaps with another subnet.',
    ),
    'permanent',
    'InvalidInput',
  ],
  ['network', 'POST', 400, neutron('HTTPBadRequest', "Unrecognized attribute(s) 'nope'"), 'permanent', 'BadRequest'],
  [
    'network',
    'POST',
    404,
    neutron('NetworkNotFound', `Network ${ID} could not be found.`),
    'permanent',
    'NetworkNotFound',
  ],
  [
    'network',
    'POST',
    409,
    neutron('IpAddressAlreadyAllocated', `IP address 10.1.0.10 already allocated in subnet ${ID}`),
    'unknown-outcome',
    'FixedIpInUse',
  ],
  [
    'network',
    'POST',
    409,
    neutron('IpAddressGenerationFailure', `No more IP addresses available on network ${ID}.`),
    'permanent',
    'NoMoreAddresses',
  ],
  [
    'network',
    'PUT',
    412,
    neutron('RevisionNumberConstraintFailed', 'Constrained to 1, but current revision is 4'),
    'transient',
    'Conflict',
  ],
  // broken half way: what a POST made is not known; what is idempotent may simply be done again
  ['compute', 'POST', 500, UNEXPECTED, 'unknown-outcome', 'CloudError'],
  [
    'network',
    'POST',
    500,
    neutron('HTTPInternalServerError', 'Request Failed: internal server error while processing your request.'),
    'unknown-outcome',
    'CloudError',
  ],
  ['compute', 'POST', 502, '<html><h1>502 Bad Gateway</h1></html>', 'unknown-outcome', 'CloudError'],
  ['network', 'POST', 504, '', 'unknown-outcome', 'CloudError'],
  ['compute', 'GET', 500, UNEXPECTED, 'transient', 'CloudError'],
  ['compute', 'DELETE', 500, UNEXPECTED, 'transient', 'CloudError'],
  ['network', 'PUT', 504, '', 'transient', 'CloudError'],
  ['compute', 'POST', 503, nova('serviceUnavailable', 503, 'try later'), 'transient', 'CloudUnavailable'],
  ['compute', 'POST', 429, nova('overLimit', 429, 'This request was rate-limited.'), 'transient', 'RateLimited'],
  ['compute', 'GET', 418, 'teapot', 'permanent', 'UnexpectedAnswer'],
];

describe('what a refusal means', () => {
  it.each(CASES)('%s %s %i %j is %s %s', (...row) => {
    const [service, method, status, body, failureClass, type] = row;
    const failure = classify(refused(service, method, status, body));
    expect(failure).toMatchObject({ class: failureClass, type, status, requestId: 'req-1' });
  });

  it("keeps the cloud's own words, on one line and without markup", () => {
    for (const [service, method, status, body] of CASES) {
      const { message } = readEnvelope(body);
      expect.soft(classify(refused(service, method, status, body)).message).toContain(message);
      expect.soft(message).not.toMatch(/<br|<h1|\n/);
      expect.soft(message !== '', JSON.stringify(body)).toBe(body !== '');
    }
  });

  it('hands on how long the cloud wants to be left alone', () => {
    const call = { service: 'compute', method: 'GET', path: '/servers', mutating: false } as const;
    const answer = { status: 429, envelope: { message: 'slow down' }, requestId: undefined, retryAfterMs: 7000 };
    expect(classify(new Refused(call, answer))).toMatchObject({ class: 'transient', retryAfterMs: 7000 });
  });

  it('gives a remedy for everything that a person can mend', () => {
    for (const [service, method, status, body, , type] of CASES) {
      if (/NotFound|Quota|Authentication|Locked|Forbidden/.test(type) && status !== 404) {
        expect.soft(classify(refused(service, method, status, body)).remedy, type).toMatch(/\.$/);
      }
    }
  });

  it('repeats no user data, in which secrets may stand', () => {
    const long = "Invalid input for field/attribute user_data. Value: c2VjcmV0. 'c2VjcmV0' is too long";
    const whole =
      "Invalid input for field/attribute server. Value: {'name': 'a', 'user_data': 'c2VjcmV0'}. 'x' is required";
    for (const words of [long, whole]) {
      const { message } = readEnvelope(nova('badRequest', 400, words));
      expect(message).not.toContain('c2VjcmV0');
      expect(message).toContain('(not shown)');
    }
  });

  it('bounds what a talkative proxy says', () => {
    expect(readEnvelope('x'.repeat(100_000)).message.length).toBeLessThanOrEqual(1000);
    expect(readEnvelope({ NeutronError: 'just words' }).message).toBe('just words');
    expect(readEnvelope([1, 2]).message).toBe('');
  });
});

describe('what silence means', () => {
  const post = { service: 'compute', method: 'POST', path: '/servers', mutating: true } as const;
  const get = { service: 'compute', method: 'GET', path: '/servers', mutating: false } as const;
  const silence = (call: typeof post | typeof get, phase: 'unsent' | 'sent', code: string) =>
    classify(new Unanswered(call, { phase, code, requestId: 'req-ours', cause: new Error('words of the system') }));

  it.each([
    [post, 'unsent', 'ECONNREFUSED', 'transient', 'Unreachable'],
    [post, 'unsent', 'ENOTFOUND', 'transient', 'Unreachable'],
    [post, 'unsent', 'UND_ERR_CONNECT_TIMEOUT', 'transient', 'Unreachable'],
    [post, 'sent', 'UND_ERR_HEADERS_TIMEOUT', 'unknown-outcome', 'Timeout'],
    [post, 'sent', 'UND_ERR_BODY_TIMEOUT', 'unknown-outcome', 'Timeout'],
    [post, 'sent', 'ECONNRESET', 'unknown-outcome', 'ConnectionLost'],
    [post, 'sent', 'UND_ERR_SOCKET', 'unknown-outcome', 'ConnectionLost'],
    [post, 'sent', 'ABORTED', 'unknown-outcome', 'Timeout'],
    [get, 'sent', 'UND_ERR_HEADERS_TIMEOUT', 'transient', 'Timeout'],
    [get, 'sent', 'ECONNRESET', 'transient', 'ConnectionLost'],
    [post, 'unsent', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'permanent', 'CertificateNotTrusted'],
    [post, 'unsent', 'ERR_TLS_CERT_ALTNAME_INVALID', 'permanent', 'CertificateNotTrusted'],
  ] as const)('%o %s %s is %s %s', (...row) => {
    const [call, phase, code, failureClass, type] = row;
    const failure = silence(call, phase, code);
    expect(failure).toMatchObject({ class: failureClass, type, requestId: 'req-ours' });
    expect(failure.message).toContain('words of the system');
  });
});

describe('what else may be thrown', () => {
  it('passes on what the provider found out itself', () => {
    const failure = { class: 'permanent', type: 'ImageAmbiguous', message: 'two' } as const;
    expect(classify(new Stopped(failure))).toBe(failure);
  });

  it('calls a call that was never sent transient', () => {
    expect(classify(AbortSignal.abort().reason)).toMatchObject({ class: 'transient', type: 'Aborted' });
    expect(classify(new LeaseLost('r1'))).toMatchObject({ class: 'transient', type: 'LeaseLost' });
  });

  it('owns up to defects', () => {
    expect(classify(new TypeError('x is not a function'))).toMatchObject({ class: 'permanent', type: 'InternalError' });
    expect(classify('a string')).toMatchObject({ class: 'permanent', message: 'a string' });
  });
});
