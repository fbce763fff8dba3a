import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createOpenStackSimulator } from './server.ts';
import type { OpenStackSimulator } from './server.ts';
import { logIn, makeNetwork, orderServer, request } from './testing/cloud-user.ts';
import type { CloudUser, Reply } from './testing/cloud-user.ts';

let simulator: OpenStackSimulator;
let user: CloudUser;
let ids: { network: string; subnet: string };

beforeAll(async () => {
  simulator = await createOpenStackSimulator();
  user = await logIn(simulator.url);
  ids = await makeNetwork(user);
});

afterAll(() => simulator.close());

describe('what the simulated cloud refuses', () => {
  it('says 401 alike for every wrong login, and for a token it does not know', async () => {
    await expect(logIn(simulator.url, 'nobody')).rejects.toThrow('401');
    await expect(logIn(simulator.url, 'lab', 'no-such-project')).rejects.toThrow('401');
    const answer = await request(`${simulator.url}/compute/v2.1/servers`, 'GET', undefined, { 'x-auth-token': 'no' });
    expect(answer.body).toEqual({
      error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' },
    });
  });

  it.each([
    [{ flavorRef: 'no-such-flavor' }, 400, 'Flavor no-such-flavor could not be found.'],
    [{ imageRef: '6f0b8f2e-6f0f-4a57-8e46-6f3ab09d1c11' }, 400, 'Can not find requested image'],
    [{ key_name: 'no-such-key' }, 400, 'Invalid key_name provided.'],
    [{ security_groups: [{ name: 'nope' }] }, 400, "Unable to find security_group with name or id 'nope'"],
    [{ name: '' }, 400, "Invalid input for field/attribute name. Value: . '' is too short"],
    [{ name: 'web ' }, 400, "An invalid 'name' value was provided. The name must be: printable characters."],
    [{ tags: ['a,b'] }, 400, "Invalid input for field/attribute 0. Value: a,b. 'a,b' does not match '^[^,/]*$'"],
    [{ nope: 1 }, 400, "Additional properties are not allowed ('nope' was unexpected)"],
    [{ networks: [{ uuid: 'nope' }] }, 400, 'is not valid under any of the given schemas'],
    [{ name: 'sim-quota' }, 403, 'Quota exceeded for instances'],
  ])('refuses a server with %j', async (change, status, words) => {
    const answer = await orderServer(user, ids.network, change);
    const [error] = Object.values<{ code: number; message: string }>(answer.body);
    expect(error).toMatchObject({ code: status, message: expect.stringContaining(words) });
  });

  it.each([
    [[1], 400, "[1] is not of type 'object'"],
    [null, 400, "None is not of type 'object'"],
    [{}, 400, "'server' is a required property"],
    [{ server: [1] }, 400, "Invalid input for field/attribute server. Value: [1]. [1] is not of type 'object'"],
  ])('refuses %j instead of a server', async (body, code, message) => {
    expect((await user.call('POST', '/compute/v2.1/servers', body)).body).toEqual({ badRequest: { code, message } });
  });

  it('refuses members what is told to administrators only', async () => {
    for (const path of ['os-hypervisors', 'os-hypervisors/detail', 'os-hypervisors/statistics']) {
      expect((await user.call('GET', `/compute/v2.1/${path}`)).status).toBe(403);
    }
    const admin = await logIn(simulator.url, 'admin', 'admin');
    const { body } = await admin.call('GET', '/compute/v2.1/os-hypervisors/statistics');
    expect(body.hypervisor_statistics).toMatchObject({ count: 1, memory_mb: 800_000 });
    const foreign = await user.call('GET', `/network/v2.0/quotas/${admin.projectId}/details`);
    expect(foreign).toMatchObject({ status: 403, body: { NeutronError: { type: 'AdminRequired' } } });
  });

  it('refuses an administrator the filter that it ignores for a member', async () => {
    const admin = await logIn(simulator.url, 'admin', 'admin');
    const list = '/compute/v2.1/servers?metadata=%7B%22a%22%3A%22b%22%7D';
    expect((await user.call('GET', list)).status).toBe(200);
    expect((await admin.call('GET', list)).body.badRequest.message).toBe('Invalid filter field: metadata.');
  });

  it('refuses an address that another server has, naming that server', async () => {
    const networks = [{ uuid: ids.network, fixed_ip: '10.0.0.77' }];
    const first = await orderServer(user, ids.network, { networks });
    const second = await orderServer(user, ids.network, { networks });
    expect(second.status).toBe(400);
    expect(second.body.badRequest.message).toBe(
      `Fixed IP address 10.0.0.77 is already in use on instance ${first.body.server.id}.`,
    );
  });

  it('refuses to remove what others stand on', async () => {
    await orderServer(user, ids.network);
    const type = async (path: string): Promise<unknown> => (await user.call('DELETE', path)).body?.NeutronError.type;
    expect(await type(`/network/v2.0/networks/${ids.network}`)).toBe('NetworkInUse');
    expect(await type(`/network/v2.0/subnets/${ids.subnet}`)).toBe('SubnetInUse');
    const router = (await user.call('POST', '/network/v2.0/routers', { router: { name: 'r' } })).body.router.id;
    const add = (): Promise<Reply> =>
      user.call('PUT', `/network/v2.0/routers/${router}/add_router_interface`, { subnet_id: ids.subnet });
    const port = (await add()).body.port_id;
    expect((await add()).status).toBe(400);
    expect(await type(`/network/v2.0/routers/${router}`)).toBe('RouterInUse');
    expect(await type(`/network/v2.0/ports/${port}`)).toBe('ServicePortInUse');
  });

  it('counts servers, cores and networks against the quota of the project', async () => {
    const small = await logIn(simulator.url, 'lab', 'lab-small-quota');
    const { network } = await makeNetwork(small);
    await orderServer(small, network);
    const cores = await orderServer(small, network, { flavorRef: '4' });
    expect(cores.body.forbidden.message).toBe(
      'Quota exceeded for cores, ram: Requested 4, 8192, but already used 1, 512 of 4, 8192 cores, ram',
    );
    await orderServer(small, network);
    const third = await orderServer(small, network);
    expect(third.body).toEqual({
      forbidden: { code: 403, message: 'Quota exceeded for instances: Requested 1, but already used 2 of 2 instances' },
    });
    await makeNetwork(small);
    const over = await small.call('POST', '/network/v2.0/networks', { network: {} });
    expect(over.body.NeutronError).toMatchObject({
      type: 'OverQuota',
      message: "Quota exceeded for resources: ['network'].",
    });
  });

  it('lets more servers in than the quota allows and fails them later, when it is told to be like that', async () => {
    const late = await createOpenStackSimulator({ lateQuota: true, delays: { serverBuild: 1500 } });
    try {
      const small = await logIn(late.url, 'lab', 'lab-small-quota');
      const { network } = await makeNetwork(small);
      const answers = await Promise.all([1, 2, 3, 4].map(() => orderServer(small, network)));
      expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
      const list = async (): Promise<string[]> => {
        const { body } = await small.call('GET', '/compute/v2.1/servers/detail');
        return body.servers.map((server: any) => `${server.status} ${server.fault?.code ?? ''}`).sort(); // eslint-disable-line typescript/no-explicit-any
      };
      await expect.poll(list, { timeout: 5000 }).toEqual(['ACTIVE ', 'ACTIVE ', 'ERROR 413', 'ERROR 413']);
    } finally {
      await late.close();
    }
  });
});
