import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createOpenStackSimulator } from './server.ts';
import type { OpenStackSimulator } from './server.ts';
import { logIn, makeNetwork, orderServer } from './testing/cloud-user.ts';
import type { CloudUser } from './testing/cloud-user.ts';

let simulator: OpenStackSimulator;
let user: CloudUser;
let network: string;

beforeEach(async () => {
  simulator = await createOpenStackSimulator();
  user = await logIn(simulator.url);
  ({ network } = await makeNetwork(user));
});

afterEach(() => simulator.close());

const path = (id: string): string => `/compute/v2.1/servers/${id}`;

async function made(change: Record<string, unknown> = {}): Promise<string> {
  const answer = await orderServer(user, network, change);
  expect(answer.status).toBe(202);
  return String(answer.body.server.id);
}

async function show(id: string) {
  return (await user.call('GET', path(id))).body.server;
}

async function setDelays(delays: Record<string, number>): Promise<void> {
  await fetch(`${simulator.adminUrl}/delays`, { method: 'POST', body: JSON.stringify(delays) });
}

describe('the life of a simulated server', () => {
  it('is over at once when there are no delays', async () => {
    const id = await made();
    expect(await show(id)).toMatchObject({
      status: 'ACTIVE',
      'OS-EXT-STS:vm_state': 'active',
      'OS-EXT-STS:task_state': null,
    });
    expect((await user.call('DELETE', path(id))).status).toBe(204);
    expect((await user.call('GET', path(id))).status).toBe(404);
    expect((await user.call('DELETE', path(id))).status).toBe(404);
  });

  it('passes through scheduling, networking and spawning, and shows its addresses only at the end', async () => {
    await setDelays({ serverBuild: 200 });
    const id = await made();
    const seen: string[] = [];
    await expect
      .poll(
        async () => {
          const server = await show(id);
          const stage = `${server.status}/${server['OS-EXT-STS:task_state']}`;
          if (seen.at(-1) !== stage) seen.push(stage);
          if (server.status === 'BUILD') expect(server.addresses).toEqual({});
          return server.status;
        },
        { interval: 3, timeout: 5000 },
      )
      .toBe('ACTIVE');
    expect(seen).toEqual(['BUILD/scheduling', 'BUILD/networking', 'BUILD/spawning', 'ACTIVE/null']);
    expect((await show(id)).addresses.net).toHaveLength(1);
  });

  it('goes on answering while it is deleted, takes a second DELETE, and then is gone with its port', async () => {
    const id = await made();
    await setDelays({ serverDelete: 1500 });
    expect((await user.call('DELETE', path(id))).status).toBe(204);
    expect(await show(id)).toMatchObject({ status: 'ACTIVE', 'OS-EXT-STS:task_state': 'deleting' });
    expect((await user.call('DELETE', path(id))).status).toBe(204);
    expect((await user.call('POST', `${path(id)}/action`, { reboot: { type: 'HARD' } })).status).toBe(409);
    await expect.poll(async () => (await user.call('GET', path(id))).status, { timeout: 5000 }).toBe(404);
    expect((await user.call('GET', `/network/v2.0/ports?device_id=${id}`)).body.ports).toEqual([]);
  });

  it('makes a port of its own, and only unbinds one that it was given', async () => {
    const given = (await user.call('POST', '/network/v2.0/ports', { port: { network_id: network } })).body.port.id;
    const own = await made();
    const other = await made({ networks: [{ port: given }] });
    const ports = await user.call('GET', `/network/v2.0/ports?device_id=${own}`);
    expect(ports.body.ports).toMatchObject([{ device_owner: 'compute:nova', status: 'ACTIVE' }]);
    expect((await orderServer(user, network, { networks: [{ port: given }] })).status).toBe(409);
    await user.call('DELETE', path(other));
    expect((await user.call('GET', `/network/v2.0/ports/${given}`)).body.port).toMatchObject({
      device_id: '',
      status: 'DOWN',
    });
  });

  it.each([
    ['sim-novalidhost', {}, 'No valid host was found. '],
    ['sim-error', {}, 'aborted: groundwork lab: injected failure'],
    ['plain', { 'oslab:spawn_fail': 'reschedule' }, 'Exceeded maximum number of retries.'],
  ])('ends in ERROR for the name %s and metadata %j', async (name, metadata, message) => {
    const server = await show(await made({ name, metadata }));
    expect(server).toMatchObject({ status: 'ERROR', fault: { code: 500 } });
    expect(server.fault.message).toContain(message);
    expect((await user.call('GET', `/network/v2.0/ports?device_id=${server.id}`)).body.ports).toEqual([]);
    expect((await user.call('POST', `${path(server.id)}/metadata`, { metadata: { a: 'b' } })).status).toBe(409);
    expect((await user.call('DELETE', path(server.id))).status).toBe(204);
  });

  it('ends in ERROR for an address in none of the subnets, as Nova finds out late', async () => {
    const server = await show(await made({ networks: [{ uuid: network, fixed_ip: '172.16.0.9' }] }));
    expect(server.fault.message).toBe(
      `Build of instance ${server.id} aborted: Invalid input received: Fixed IP 172.16.0.9 is not a valid ip address for network ${network}.`,
    );
  });

  it('fails a deletion as often as it was told, then goes', async () => {
    const id = await made({ metadata: { 'oslab:destroy_fail': '1' } });
    await user.call('DELETE', path(id));
    expect(await show(id)).toMatchObject({ status: 'ERROR', metadata: { 'oslab:destroy_fail': '1' } });
    await user.call('DELETE', path(id));
    expect((await user.call('GET', path(id))).status).toBe(404);
  });
});
