import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createOpenStackSimulator } from './server.ts';
import type { OpenStackSimulator } from './server.ts';
import { logIn, makeNetwork, orderServer } from './testing/cloud-user.ts';
import type { CloudUser, Reply } from './testing/cloud-user.ts';

let simulator: OpenStackSimulator;
let user: CloudUser;
let network: string;
let id: string;

beforeEach(async () => {
  simulator = await createOpenStackSimulator();
  user = await logIn(simulator.url);
  ({ network } = await makeNetwork(user));
  id = String((await orderServer(user, network)).body.server.id);
});

afterEach(() => simulator.close());

const path = (rest = ''): string => `/compute/v2.1/servers/${id}${rest}`;
const act = (body: object, as = user): Promise<Reply> => as.call('POST', path('/action'), body);
const show = async (as = user) => (await as.call('GET', path())).body.server;

async function setActionDelay(serverAction: number): Promise<void> {
  await fetch(`${simulator.adminUrl}/delays`, { method: 'POST', body: JSON.stringify({ serverAction }) });
}

describe('what can be done to a simulated server', () => {
  it('is resized in two halves, or back', async () => {
    expect((await act({ resize: { flavorRef: '1' } })).status).toBe(400);
    expect((await act({ resize: { flavorRef: '2' } })).status).toBe(202);
    expect(await show()).toMatchObject({ status: 'VERIFY_RESIZE', flavor: { original_name: 'm1.small' } });
    expect((await act({ 'os-stop': null })).status).toBe(409);
    expect((await user.call('POST', path('/metadata'), { metadata: { a: 'b' } })).status).toBe(409);
    expect((await act({ revertResize: null })).status).toBe(202);
    expect(await show()).toMatchObject({ status: 'ACTIVE', flavor: { original_name: 'm1.tiny' } });
    await act({ resize: { flavorRef: '2' } });
    expect((await act({ confirmResize: null })).status).toBe(204);
    expect(await show()).toMatchObject({ status: 'ACTIVE', flavor: { original_name: 'm1.small' } });
  });

  it('shows nothing of a confirmation that is under way, and refuses a second one', async () => {
    await act({ resize: { flavorRef: '2' } });
    await setActionDelay(1500);
    expect((await act({ confirmResize: null })).status).toBe(204);
    expect(await show()).toMatchObject({ status: 'VERIFY_RESIZE', 'OS-EXT-STS:task_state': null });
    expect((await act({ confirmResize: null })).body.badRequest.message).toBe('Instance has not been resized.');
    await expect.poll(async () => (await show()).status, { timeout: 5000 }).toBe('ACTIVE');
  });

  it('is stopped again after a resize of a stopped one', async () => {
    await act({ 'os-stop': null });
    await act({ resize: { flavorRef: '2' } });
    expect(await show()).toMatchObject({ status: 'VERIFY_RESIZE', 'OS-EXT-STS:power_state': 4 });
    await act({ confirmResize: null });
    expect(await show()).toMatchObject({ status: 'SHUTOFF', 'OS-EXT-STS:power_state': 4 });
  });

  it('is as before when no host has room for a resize, and says so in its list of actions only', async () => {
    const { status, headers } = await act({ resize: { flavorRef: '5' } });
    expect(status).toBe(202);
    const server = await show();
    expect(server).toMatchObject({ status: 'ACTIVE', flavor: { original_name: 'm1.tiny' } });
    expect(server).not.toHaveProperty('fault');
    const request = String(headers.get('x-openstack-request-id'));
    const { body } = await user.call('GET', path(`/os-instance-actions/${request}`));
    expect(body.instanceAction).toMatchObject({ action: 'resize', message: 'Error', request_id: request });
    expect(body.instanceAction.events).toMatchObject([
      { event: 'cold_migrate', result: 'Error' },
      { event: 'conductor_migrate_server', result: 'Error' },
    ]);
    expect(body.instanceAction.events[0]).not.toHaveProperty('details');
    const admin = await logIn(simulator.url, 'admin', 'admin');
    const told = await admin.call('GET', path(`/os-instance-actions/${request}`), undefined, {
      'openstack-api-version': 'compute 2.84',
    });
    expect(told.body.instanceAction.events[0].details).toBe('No valid host was found. No valid host found for resize');
  });

  it('counts only what a resize adds against the quota', async () => {
    const small = await logIn(simulator.url, 'lab', 'lab-small-quota');
    const own = (await makeNetwork(small)).network;
    id = String((await orderServer(small, own)).body.server.id);
    expect((await act({ resize: { flavorRef: '5' } }, small)).body.forbidden.message).toBe(
      'Quota exceeded for ram: Requested 16776704, but already used 512 of 8192 ram',
    );
    expect((await act({ resize: { flavorRef: '4' } }, small)).status).toBe(202);
  });

  it.each([
    ['os-stop', 'SHUTOFF', 'os-start'],
    ['pause', 'PAUSED', 'unpause'],
    ['suspend', 'SUSPENDED', 'resume'],
  ])('comes to rest after %s as %s, and runs again after %s', async (deed, status, opposite) => {
    expect((await act({ [deed]: null })).status).toBe(202);
    expect((await show()).status).toBe(status);
    expect((await act({ [deed]: null })).status).toBe(409);
    expect((await act({ [opposite]: null })).status).toBe(202);
    expect((await show()).status).toBe('ACTIVE');
    const { body } = await user.call('GET', path('/os-instance-actions'));
    expect(body.instanceActions.map(({ message }: { message: unknown }) => message)).toEqual([null, null, null]);
  });

  it('gets and loses security groups, each once', async () => {
    await user.call('POST', '/network/v2.0/security-groups', { security_group: { name: 'web' } });
    expect((await act({ addSecurityGroup: { name: 'web' } })).status).toBe(202);
    expect((await act({ addSecurityGroup: { name: 'web' } })).body.badRequest.message).toContain('Duplicate items');
    expect((await act({ removeSecurityGroup: { name: 'default' } })).status).toBe(202);
    expect((await act({ removeSecurityGroup: { name: 'default' } })).status).toBe(404);
    expect((await act({ addSecurityGroup: { name: 'nope' } })).status).toBe(404);
    expect((await show()).security_groups).toEqual([{ name: 'web' }]);
  });

  it('loses its address with its port, and has the default group on a new one', async () => {
    const { port_id, fixed_ips } = (await user.call('GET', path('/os-interface'))).body.interfaceAttachments[0];
    await user.call('DELETE', `/network/v2.0/ports/${port_id}`);
    expect((await show()).addresses).toEqual({});
    const interfaceAttachment = { net_id: network, fixed_ips: [{ ip_address: fixed_ips[0].ip_address }] };
    expect((await user.call('POST', path('/os-interface'), { interfaceAttachment })).status).toBe(200);
    expect(await show()).toMatchObject({ addresses: { net: [{ addr: fixed_ips[0].ip_address }] } });
    expect((await show()).security_groups).toEqual([{ name: 'default' }]);
    const again = await user.call('POST', path('/os-interface'), { interfaceAttachment });
    expect(again.body.conflictingRequest.message).toBe(`Fixed IP ${fixed_ips[0].ip_address} is already in use.`);
  });

  it('is locked against its owner, and reset by an administrator only', async () => {
    expect((await act({ lock: { locked_reason: 'mine' } })).status).toBe(202);
    expect((await user.call('DELETE', path())).status).toBe(409);
    await act({ unlock: null });
    expect((await act({ 'os-resetState': { state: 'error' } })).status).toBe(403);
    const admin = await logIn(simulator.url, 'admin', 'admin');
    expect((await act({ 'os-resetState': { state: 'error' } }, admin)).status).toBe(202);
    expect((await show()).status).toBe('ERROR');
  });

  it.each([
    [[1], 404, 'The resource could not be found.'],
    [{}, 400, 'Malformed request body'],
    [{ 'os-start': null, pause: null }, 400, 'Malformed request body'],
    [{ nope: null }, 400, 'There is no such action: nope'],
  ])('does not understand %j', async (body, status, message) => {
    const answer = await act(body);
    expect(answer.status).toBe(status);
    expect(Object.values(answer.body)).toEqual([{ code: status, message }]);
  });

  it('shows the fault of one that found no host by its id only', async () => {
    id = String((await orderServer(user, network, { flavorRef: '5', name: 'homeless' })).body.server.id);
    expect((await show()).fault.message).toBe('No valid host was found. ');
    const { body } = await user.call('GET', '/compute/v2.1/servers/detail?name=homeless');
    expect(body.servers).toMatchObject([{ status: 'ERROR' }]);
    expect(body.servers[0]).not.toHaveProperty('fault');
  });

  it('makes a key pair whose private half is told once', async () => {
    const { status, body } = await user.call('POST', '/compute/v2.1/os-keypairs', { keypair: { name: 'made' } });
    expect(status).toBe(201);
    expect(body.keypair.private_key).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
    expect(body.keypair.public_key).toMatch(/^ssh-rsa AAAAB3NzaC1yc2E/);
    const shown = (await user.call('GET', '/compute/v2.1/os-keypairs/made')).body.keypair;
    expect(shown).toMatchObject({ public_key: body.keypair.public_key, fingerprint: body.keypair.fingerprint });
    expect(shown).not.toHaveProperty('private_key');
    const newer = { 'openstack-api-version': 'compute 2.92' };
    const refused = await user.call('POST', '/compute/v2.1/os-keypairs', { keypair: { name: 'x' } }, newer);
    expect(refused.body.badRequest.message).toContain("'public_key' is a required property");
  });
});
