/** Somebody with an account at a simulated cloud, for the simulator's own tests: plain calls, answers as they come. */
import type { JsonObject } from '../wire.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined when the answer has no body. */
  readonly body: any; // eslint-disable-line typescript/no-explicit-any -- tests look into answers of every shape
}

export interface CloudUser {
  readonly token: string;
  readonly projectId: string;
  /** `path` starts with the service's prefix, e.g. `/compute/v2.1/servers`; default microversion 2.79. */
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply>;
}

/** One call without an account. */
export async function request(
  url: string,
  method: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const answer = await fetch(url, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}

/** Logs in; the password is the name. */
export async function logIn(url: string, name = 'lab', project = 'lab'): Promise<CloudUser> {
  const domain = { id: 'default' };
  const identity = { methods: ['password'], password: { user: { name, password: name, domain } } };
  const auth = { identity, scope: { project: { name: project, domain } } };
  const answer = await request(`${url}/identity/v3/auth/tokens`, 'POST', { auth });
  if (answer.status !== 201) throw new Error(`login: ${answer.status} ${JSON.stringify(answer.body)}`);
  const token = answer.headers.get('x-subject-token') ?? '';
  const own = { 'x-auth-token': token, 'openstack-api-version': 'compute 2.79' };
  return {
    token,
    projectId: String(answer.body.token.project.id),
    call: (method, path, body, headers) => request(`${url}${path}`, method, body, { ...own, ...headers }),
  };
}

/** A network with one subnet. @returns their ids */
export async function makeNetwork(user: CloudUser, cidr = '10.0.0.0/24'): Promise<{ network: string; subnet: string }> {
  const network = String(
    (await user.call('POST', '/network/v2.0/networks', { network: { name: 'net' } })).body.network.id,
  );
  const wanted = { network_id: network, cidr, ip_version: 4 };
  const subnet = String((await user.call('POST', '/network/v2.0/subnets', { subnet: wanted })).body.subnet.id);
  return { network, subnet };
}

/** POST of one small server; `change` overrides its fields. */
export async function orderServer(user: CloudUser, network: string, change: JsonObject = {}): Promise<Reply> {
  const images = await user.call('GET', '/image/v2/images?name=debian-12');
  const server = {
    name: 'one',
    flavorRef: '1',
    imageRef: String(images.body.images[0].id),
    networks: [{ uuid: network }],
    ...change,
  };
  return user.call('POST', '/compute/v2.1/servers', { server });
}
