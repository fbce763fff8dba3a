import { describe, expect, it } from 'vitest';
import { ApiProblem, ServerUnreachable } from './client-errors.ts';
import { createApiClient } from './client.ts';

const ID = '019aa000-0000-7000-8000-000000000000';

/** A client whose requests are kept and answered with the given response. */
function clientFor(respond: () => Response | Promise<Response>, baseUrl = 'http://127.0.0.1:8080') {
  const requests: Request[] = [];
  const client = createApiClient({
    baseUrl,
    key: 'secret',
    fetch: async (input, init) => {
      requests.push(new Request(input, init));
      return respond();
    },
  });
  return { client, requests };
}

const problem = {
  type: 'urn:groundwork:error:not_found',
  title: 'There is no such thing',
  status: 404,
  code: 'not_found',
  detail: 'There is no deployment x.',
  remedy: 'List them.',
  request_id: 'r-1',
} as const;

describe('a call', () => {
  it('puts path, query, headers, key and body where the contract wants them', async () => {
    const { client, requests } = clientFor(() => Response.json({ id: ID }, { status: 202 }), 'http://127.0.0.1:8080/');
    await client.call('createDeployment', {
      body: { name: 'a', template: 't', cloud_region: 'r' },
      query: { dry_run: false },
      headers: { 'idempotency-key': 'k' },
    });
    const [request] = requests;
    expect(request?.method).toBe('POST');
    expect(request?.url).toBe('http://127.0.0.1:8080/deployments?dry_run=false');
    expect(Object.fromEntries(request?.headers ?? [])).toMatchObject({
      'x-api-key': 'secret',
      'idempotency-key': 'k',
      'content-type': 'application/json',
      accept: 'application/json',
    });
    expect(await request?.json()).toEqual({ name: 'a', template: 't', cloud_region: 'r' });
  });

  it('leaves out what is undefined and escapes what is in the path', async () => {
    const { client, requests } = clientFor(() => Response.json({}));
    await client.call('listDeployments', { query: { status: undefined, limit: 5 } });
    await client.call('getTemplate', { params: { name: '../keys?x' } });
    expect(requests.map(({ url }) => url)).toEqual([
      'http://127.0.0.1:8080/deployments?limit=5',
      'http://127.0.0.1:8080/templates/..%2Fkeys%3Fx',
    ]);
  });

  it('answers nothing where there is nothing, and text where there is text', async () => {
    const none = clientFor(() => new Response(null, { status: 204 }));
    expect(await none.client.call('deleteKey', { params: { id: ID } })).toBeUndefined();
    const text = clientFor(() => new Response('# HELP up\n'));
    expect(await text.client.call('metrics', {})).toBe('# HELP up\n');
  });

  it('takes every published status for an answer, not only 2xx', async () => {
    const { client } = clientFor(() => Response.json({ status: 'not_ready', checks: {} }, { status: 503 }));
    expect((await client.call('ready', {})).status).toBe('not_ready');
  });

  it('throws the problem that the server answered', async () => {
    const { client } = clientFor(() => Response.json(problem, { status: 404 }));
    const error = await client.call('getDeployment', { params: { id: ID } }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiProblem);
    expect(error).toMatchObject({ problem });
  });

  it.each([
    [
      'an error page of a proxy',
      () => new Response('<html>', { status: 502, headers: { 'content-type': 'text/html' } }),
    ],
    ['another program', () => Response.json({ hello: 1 }, { status: 418 })],
    ['a page instead of JSON', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
  ])('says that no Groundwork server answers: %s', async (_, respond) => {
    const { client } = clientFor(respond);
    const error = await client.call('listRegions', {}).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ServerUnreachable);
    expect((error as ServerUnreachable).reason).toMatch(/the answer was \d{3} with/);
  });

  it('gives the first reason of a failed connection', async () => {
    const refused = new Error('connect ECONNREFUSED 127.0.0.1:8080');
    const { client } = clientFor(() =>
      Promise.reject(new TypeError('fetch failed', { cause: new AggregateError([refused]) })),
    );
    await expect(client.call('live', {})).rejects.toMatchObject({
      name: 'ServerUnreachable',
      baseUrl: 'http://127.0.0.1:8080',
      reason: refused.message,
    });
  });

  it('throws the reason of the abort when it was aborted', async () => {
    const reason = new Error('enough');
    const { client } = clientFor(() => Promise.reject(reason));
    await expect(client.call('live', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
