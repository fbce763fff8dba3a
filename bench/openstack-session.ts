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
  /** @param service type in the catalogue; @param path below the endpoint. @throws Error unless the answer is 2xx */
  call(method: 'GET' | 'POST' | 'PUT', service: string, path: string, body?: Json): Promise<Json>;
  close(): Promise<void>;
}

interface TokenAnswer {
  readonly token: {
    readonly project: { readonly id: string };
    readonly catalog: readonly { readonly type: string; readonly endpoints: readonly { readonly url: string }[] }[];
  };
}

export const LAB: Account = { user: 'lab', password: 'lab', project: 'lab' };

/** @param connections most that are open at a time */
export async function openSession(authUrl: string, account: Account, connections: number): Promise<OpenStackSession> {
  const agent = new Agent({ connections, pipelining: 1 });
  const answer = await request(`${authUrl}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(loginOf(account)),
    dispatcher: agent,
  });
  const { token } = (await answer.body.json()) as TokenAnswer; // shape by the API reference of Keystone
  const endpoints = new Map(token.catalog.map(({ type, endpoints: [first] }) => [type, first?.url ?? '']));
  const headers = {
    'x-auth-token': String(answer.headers['x-subject-token']),
    'openstack-api-version': 'compute 2.79',
    'content-type': 'application/json',
  };
  return {
    projectId: token.project.id,
    async call(method, service, path, body) {
      const url = `${endpoints.get(service)}${path}`;
      const options = { method, headers, dispatcher: agent, ...(body ? { body: JSON.stringify(body) } : {}) };
      const { statusCode, body: text } = await request(url, options);
      if (statusCode >= 300) throw new Error(`${method} ${url}: ${statusCode} ${await text.text()}`);
      return (await text.json()) as Json;
    },
    close: () => agent.close(),
  };
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
