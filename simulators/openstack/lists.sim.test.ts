import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createOpenStackSimulator } from './server.ts';
import type { OpenStackSimulator } from './server.ts';
import { logIn, makeNetwork, orderServer } from './testing/cloud-user.ts';
import type { CloudUser } from './testing/cloud-user.ts';

let simulator: OpenStackSimulator;
let user: CloudUser;

beforeAll(async () => {
  simulator = await createOpenStackSimulator();
  user = await logIn(simulator.url);
  const { network } = await makeNetwork(user);
  for (const name of ['a-1', 'a-2', 'b-1']) await orderServer(user, network, { name, tags: [name, 'all'] });
});

afterAll(() => simulator.close());

async function names(query: string, version = '2.79'): Promise<string[]> {
  const headers = { 'openstack-api-version': `compute ${version}` };
  const { body } = await user.call('GET', `/compute/v2.1/servers?${query}`, undefined, headers);
  return body.servers.map((server: { name: string }) => server.name).sort();
}

describe('lists of servers', () => {
  it('can be walked by the links, the last of which leads to an empty page', async () => {
    const seen: string[] = [];
    const pages: number[] = [];
    let url: string | undefined = `${simulator.url}/compute/v2.1/servers?limit=1`;
    while (url !== undefined) {
      const { body } = await user.call('GET', url.slice(simulator.url.length));
      pages.push(body.servers.length);
      seen.push(...body.servers.map((server: { name: string }) => server.name));
      url = body.servers_links?.[0].href;
    }
    expect(seen.sort()).toEqual(['a-1', 'a-2', 'b-1']);
    expect(pages).toEqual([1, 1, 1, 0]);
    expect((await user.call('GET', '/compute/v2.1/servers?marker=nope')).status).toBe(400);
  });

  it('are filtered by tags, by a pattern of names and by status', async () => {
    expect(await names('tags=all,a-1')).toEqual(['a-1']);
    expect(await names('tags-any=a-1,b-1')).toEqual(['a-1', 'b-1']);
    expect(await names('not-tags=a-1')).toEqual(['a-2', 'b-1']);
    expect(await names('name=^a')).toEqual(['a-1', 'a-2']);
    expect(await names('status=ERROR')).toEqual([]);
    expect((await user.call('GET', '/compute/v2.1/servers?status=NOPE')).status).toBe(400);
  });

  it('ignore filters that came later than the microversion, and refuse unknown ones only from 2.75', async () => {
    expect(await names('tags=a-1', '2.25')).toHaveLength(3);
    expect(await names('nope=1', '2.74')).toHaveLength(3);
    expect((await user.call('GET', '/compute/v2.1/servers?nope=1')).status).toBe(400);
  });
});

describe('microversions', () => {
  const get = (version: string) =>
    user.call('GET', '/compute/v2.1/servers/detail', undefined, { 'openstack-api-version': version });

  it('decide over the fields that are shown, and are named in the answer', async () => {
    const [old, embedded] = [await get('compute 2.1'), await get('compute 2.47')];
    expect(old.headers.get('openstack-api-version')).toBe('compute 2.1');
    expect(old.body.servers[0].flavor).toHaveProperty('id');
    expect(old.body.servers[0]).not.toHaveProperty('tags');
    expect(embedded.body.servers[0]).toMatchObject({
      flavor: { original_name: 'm1.tiny', vcpus: 1 },
      tags: expect.any(Array),
    });
    expect((await get('compute latest')).headers.get('openstack-api-version')).toBe('compute 2.93');
  });

  it('are refused with 406 out of range and with 400 when malformed', async () => {
    expect(await get('compute 2.999')).toMatchObject({
      status: 406,
      body: {
        computeFault: { message: 'Version 2.999 is not supported by the API. Minimum is 2.1 and maximum is 2.93.' },
      },
    });
    expect((await get('compute two')).status).toBe(400);
  });
});

describe('lists of networks', () => {
  it('are filtered without regard to case, and refuse unknown filters', async () => {
    await user.call('POST', '/network/v2.0/networks', { network: { name: 'Mine', description: 'one two' } });
    const get = (query: string) => user.call('GET', `/network/v2.0/networks?${query}`);
    expect((await get('description=ONE%20two')).body.networks).toHaveLength(1);
    expect((await get('description=one')).body.networks).toEqual([]);
    expect((await get('fields=name&name=Mine')).body.networks).toEqual([{ name: 'Mine' }]);
    expect((await get('nope=1')).body.NeutronError.message).toBe("['nope'] is invalid attribute for filtering");
    expect((await get('limit=1')).body.networks_links[0].rel).toBe('next');
  });
});
