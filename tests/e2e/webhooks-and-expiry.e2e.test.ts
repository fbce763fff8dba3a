/**
 * Events on their way to a receiver while the server is killed, and a deployment whose time ends: through the program, its
 * HTTP API and real connections.
 */

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CreatedWebhook, WebhookDeliveryPage } from '../../src/contract/webhook.ts';
import { openReceiver, type Receiver } from '../kit/receiver.ts';
import { isGenuine } from '../webhooks/webhook-bench.ts';
import { expectProblem, READ_KEY } from './api.ts';
import { type HouseOnSite, openHouseOnSite } from './house-on-site.ts';
import { openSimulatedSite } from './simulated-site.ts';

const PATIENCE_MS = 25_000;
const REQUEST = { name: 'told', template: 'web-app-stack', cloud_region: 'us-west-1', parameters: { web_count: 2 } };

let house: HouseOnSite;
let receiver: Receiver;
let hook: CreatedWebhook;

beforeAll(async () => {
  receiver = await openReceiver();
  house = await openHouseOnSite(() => openSimulatedSite({ serverBuild: 800, everyCall: 20 }), PATIENCE_MS);
  const made = await house.api.ask<CreatedWebhook>('POST', '/webhooks', { body: { url: receiver.url, global: true } });
  if (made.status !== 201) throw new Error(`no webhook was made: ${JSON.stringify(made.body)}`);
  hook = made.body;
});
afterAll(async () => {
  await house?.close();
  await receiver?.close();
});

const receivedOf = (id: string) => receiver.received.filter(({ json }) => json.data.deployment_id === id);

describe('a webhook', () => {
  it('is told everything once and in order by a server that is killed meanwhile, but for what it cannot know', async () => {
    const { id } = await house.api.deploy(REQUEST);
    await vi.waitFor(() => expect(receivedOf(id).length).toBeGreaterThan(3), { timeout: PATIENCE_MS, interval: 5 });
    await house.server.end('SIGKILL');
    await house.startAgain();
    expect((await house.api.settled(id)).status).toBe('COMPLETED');
    const events = await house.api.events(id);
    // A delivery that was in the hands of the killed server is taken up a minute later: that minute is moved on.
    const database = new pg.Client({ connectionString: house.surroundings.environment?.['DATABASE_URL'] });
    await database.connect();
    await database.query('update webhook_deliveries set taken_until = now() where taken_until is not null');
    await database.end();
    const arrived = () => [...new Map(receivedOf(id).map((one) => [one.id, one.json.data.event])).values()];
    await vi.waitFor(() => expect(arrived()).toEqual(events), { timeout: PATIENCE_MS, interval: 50 });
    expect(receivedOf(id).length - events.length).toBeLessThanOrEqual(1);
    expect(receivedOf(id).every((one) => isGenuine(one, hook.secret))).toBe(true);
  });

  it('can be tested, looked at and replayed, and is refused what it must not do', async () => {
    const { api } = house;
    expect((await api.ask('POST', `/webhooks/${hook.id}/test`)).status).toBe(202);
    await vi.waitFor(() => expect(receiver.received.some(({ json }) => json.type === 'webhook.test')).toBe(true));
    const { items } = await api.get<WebhookDeliveryPage>(`/webhooks/${hook.id}/deliveries?status=delivered&limit=1`);
    const replay = await api.ask('POST', `/webhooks/${hook.id}/deliveries/${items[0]!.id}/replay`);
    expect(replay).toMatchObject({ status: 202, body: { status: 'pending' } });
    await vi.waitFor(() => expect(receiver.received.filter(({ id }) => id === items[0]!.id).length).toBeGreaterThan(1));
    const body = { url: 'http://169.254.169.254/latest/meta-data' };
    const refused = await api.ask('POST', '/webhooks', { body });
    expect(expectProblem(refused, 422, 'invalid_webhook')).toMatchObject([{ pointer: '/url', value: body.url }]);
    expectProblem(await api.ask('GET', '/webhooks', { key: READ_KEY }), 403, 'forbidden');
    expect(JSON.stringify(await api.get('/webhooks'))).not.toContain('whsec_');
  });
});

describe('a time to live', () => {
  it('is refused when it is none, and at its end the deployment is told and deleted', async () => {
    const { api } = house;
    const bad = await api.ask('POST', '/deployments', { body: { ...REQUEST, ttl: 'a while' } });
    expect(expectProblem(bad, 422, 'invalid_ttl')).toMatchObject([{ pointer: '/ttl', value: 'a while' }]);
    const { id } = await api.deploy({ ...REQUEST, name: 'brief', ttl: '1d' });
    const { expires_at: first } = await api.settled(id);
    const extended = await api.ask('PATCH', `/deployments/${id}`, { body: { ttl: '2d' } });
    expect(extended).toMatchObject({ status: 200, body: { operation: 'settings' } });
    const second = (await api.deployment(id)).expires_at!;
    expect(Date.parse(second) - Date.parse(first!)).toBeGreaterThan(23 * 3_600_000);
    const database = new pg.Client({ connectionString: house.surroundings.environment?.['DATABASE_URL'] });
    await database.connect();
    await database.query(`update deployments set expires_at = now(), expiry_look_at = now() where id = $1`, [id]);
    await database.end();
    await api.happened(id, ({ type }) => type === 'deployment.expired');
    await api.happened(id, ({ type, data }) => type === 'deployment.status' && data['status'] === 'DELETED');
    expect(await house.projects['us-west-1'].contents(id)).toEqual([]);
    await vi.waitFor(
      () => expect(receivedOf(id).map(({ json }) => json.type)).toEqual(expect.arrayContaining(['deployment.expired'])),
      { timeout: 5_000 },
    );
  });
});
