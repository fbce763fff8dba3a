import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createOpenStackSimulator } from './server.ts';
import type { OpenStackSimulator } from './server.ts';
import { logIn, request } from './testing/cloud-user.ts';
import type { CloudUser, Reply } from './testing/cloud-user.ts';

let simulator: OpenStackSimulator;
let user: CloudUser;

beforeEach(async () => {
  simulator = await createOpenStackSimulator();
  user = await logIn(simulator.url);
});

afterEach(() => simulator.close());

const admin = (method: string, path: string, body?: unknown): Promise<Reply> =>
  request(`${simulator.adminUrl}${path}`, method, body);
const makeNet = (name: string): Promise<Reply> => user.call('POST', '/network/v2.0/networks', { network: { name } });

async function networks(): Promise<string[]> {
  const { body } = await user.call('GET', '/network/v2.0/networks?router:external=False');
  return body.networks.map((network: { name: string }) => network.name).sort();
}

describe('faults', () => {
  it('answer the nth matching call, so many times, with status, body and Retry-After', async () => {
    const match = { service: 'neutron', method: 'POST', path: '/networks$' };
    await admin('POST', '/faults', { match, nth: 2, times: 1, action: { status: 503, retry_after: 7 } });
    const answers = [await makeNet('a'), await makeNet('b'), await makeNet('c')];
    expect(answers.map(({ status }) => status)).toEqual([201, 503, 201]);
    expect(answers[1]?.headers.get('retry-after')).toBe('7');
    expect(await networks()).toEqual(['a', 'c']);
  });

  it('lose a call before its effect, or its answer after the effect', async () => {
    await admin('POST', '/faults', { match: { name: '^before$' }, action: 'drop_before' });
    await admin('POST', '/faults', { match: { name: '^after$' }, action: 'answer_lost' });
    await expect(makeNet('before')).rejects.toThrow('fetch failed');
    await expect(makeNet('after')).rejects.toThrow('fetch failed');
    expect(await networks()).toEqual(['after']);
  });

  it('keep a call waiting until its client gives up', async () => {
    await admin('POST', '/faults', { match: { service: 'nova' }, action: 'hang' });
    const signal = AbortSignal.timeout(50);
    await expect(fetch(`${simulator.url}/compute/v2.1/servers`, { signal })).rejects.toThrow('timeout');
    const { body } = await admin('GET', '/calls');
    expect(body.calls.at(-1)).toMatchObject({ service: 'nova', method: 'GET', path: '/v2.1/servers', status: 0 });
  });

  it('are refused with a sentence when they make no sense', async () => {
    expect((await admin('POST', '/faults', { action: 'explode' })).body.error).toContain('explode is not one of');
    expect((await admin('POST', '/faults', { match: { verb: 'x' }, action: 'hang' })).body.error).toContain(
      'match.verb',
    );
  });
});

describe('gates', () => {
  it('hold a call before its effect until they are opened', async () => {
    await admin('POST', '/gates', { match: { name: '^held$' }, phase: 'before' });
    const answer = makeNet('held');
    const { body } = await admin('GET', '/gates?wait=5000');
    expect(body.gates).toMatchObject([{ reached: true, calls: [{ method: 'POST', name: 'held' }] }]);
    expect(await networks()).toEqual([]);
    await admin('DELETE', `/gates/${body.gates[0].id}`);
    expect((await answer).status).toBe(201);
  });

  it('hold an answer after the effect', async () => {
    await admin('POST', '/gates', { match: { name: '^held$' }, phase: 'after' });
    const answer = makeNet('held');
    await admin('GET', '/gates?wait=5000');
    expect(await networks()).toEqual(['held']);
    await admin('DELETE', '/gates');
    expect((await answer).status).toBe(201);
  });

  it.each([
    [false, []],
    [true, ['held']],
  ])('let a call of a vanished client have its effect only when it may be late: %s', async (late, expected) => {
    await admin('POST', '/gates', { match: { name: '^held$' }, phase: 'before', late });
    const client = new AbortController();
    const body = JSON.stringify({ network: { name: 'held' } });
    const headers = { 'x-auth-token': user.token };
    const answer = fetch(`${simulator.url}/network/v2.0/networks`, {
      method: 'POST',
      body,
      headers,
      signal: client.signal,
    });
    await admin('GET', '/gates?wait=5000');
    client.abort();
    await expect(answer).rejects.toThrow('aborted');
    await expect
      .poll(async () => (await admin('GET', '/gates')).body.gates[0].calls[0].gone, { timeout: 5000 })
      .toBe(true);
    await admin('DELETE', '/gates');
    expect(await networks()).toEqual(expected);
  });
});

describe('the door of the test', () => {
  it('counts calls, shows the state, revokes tokens and starts afresh', async () => {
    await makeNet('a');
    expect((await admin('GET', '/calls')).body.counts).toMatchObject({ 'keystone POST': 1, 'neutron POST': 1 });
    expect((await admin('GET', '/state')).body.networks.map((network: { name: string }) => network.name)).toEqual([
      'public',
      'a',
    ]);
    await admin('POST', '/tokens/revoke');
    expect((await makeNet('b')).status).toBe(401);
    await admin('POST', '/reset');
    user = await logIn(simulator.url);
    expect(await networks()).toEqual([]);
  });

  it('names the delays it does not know', async () => {
    expect((await admin('POST', '/delays', { serverBild: 1 })).body.error).toContain('serverBild');
  });
});
