/**
 * The least that a script needs to talk to OpenStack: a token, the endpoints of its catalogue, and JSON both ways.
 */

import { Agent, request } from 'undici';

export interface Account {
  readonly user: string;
  readonly password: string;
  readonly project: string;
}

export type Json = Record<string, unknown>;

export interface OpenStackSession {
  readonly projectId: string;
  /**
   * @param service type in the catalogue
   * @param path below the endpoint
   * @returns the answer; empty where it is no JSON
   * @throws Refused unless the answer is 2xx
   */
  call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', service: string, path: string, body?: Json): Promise<Json>;
  close(): Promise<void>;
}

export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Endpoint {
  readonly url: string;
  readonly region: string;
  readonly interface: string;
}

interface TokenAnswer {
  readonly token: {
    readonly project: { readonly id: string };
    readonly catalog: readonly { readonly type: string; readonly endpoints: readonly Endpoint[] }[];
  };
}

export interface SessionOptions {
  /** Most connections that are open at a time. */
  readonly connections: number;
  /** Of the catalogue; default RegionOne. */
  readonly region?: string;
  /** Of services that the catalogue does not have, by type. */
  readonly endpoints?: Readonly<Record<string, string>>;
}

export const LAB: Account = { user: 'lab', password: 'lab', project: 'lab' };

export async function openSession(
  authUrl: string,
  account: Account,
  { connections, region = 'RegionOne', endpoints: others = {} }: SessionOptions,
): Promise<OpenStackSession> {
  const agent = new Agent({ connections, pipelining: 1 });
  const answer = await request(`${authUrl}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(loginOf(account)),
    dispatcher: agent,
  });
  const { token } = (await answer.body.json()) as TokenAnswer; // shape by the API reference of Keystone
  const listed = token.catalog.map(({ type, endpoints }) => [type, publicIn(region, endpoints)] as const);
  const urls = new Map<string, string | undefined>([...listed, ...Object.entries(others)]);
  const headers = {
    'x-auth-token': String(answer.headers['x-subject-token']),
    'openstack-api-version': 'compute 2.79',
    'content-type': 'application/json',
  };
  return {
    projectId: token.project.id,
    async call(method, service, path, body) {
      const url = `${urls.get(service)}${path}`;
      const options = { method, headers, dispatcher: agent, ...(body ? { body: JSON.stringify(body) } : {}) };
      const { statusCode, headers: about, body: text } = await request(url, options);
      const said = await text.text();
      if (statusCode >= 300) throw new Refused(statusCode, `${method} ${url}: ${statusCode} ${said}`);
      return /json/.test(String(about['content-type'])) && said !== '' ? (JSON.parse(said) as Json) : {};
    },
    close: () => agent.close(),
  };
}

function publicIn(region: string, endpoints: readonly Endpoint[]): string | undefined {
  return endpoints.find((one) => one.region === region && one.interface === 'public')?.url;
}

function loginOf({ user, password, project }: Account): Json {
  const domain = { id: 'default' };
  return {
    auth: {
      identity: { methods: ['password'], password: { user: { name: user, domain, password } } },
      scope: { project: { name: project, domain } },
    },
  };
}
