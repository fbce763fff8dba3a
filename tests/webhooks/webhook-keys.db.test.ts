/**
 * Who may do what with which webhook, and which events it hears of, by the use cases and with the real database.
 */

import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../src/app/app.ts';
import { createWebhooks, type WebhookUseCases } from '../../src/app/webhooks.ts';
import { acceptance } from '../../src/store/testing/store-bench.ts';
import { openWebhookBench, type WebhookBench } from './webhook-bench.ts';

let bench: WebhookBench;
let app: WebhookUseCases;
beforeAll(async () => {
  bench = await openWebhookBench();
  const ids = { newId: randomUUID, newKey: randomUUID, hash: (text: string) => text };
  app = createWebhooks({
    store: bench.store,
    ids,
    webhooks: { sender: bench.sender, allowAddresses: ['127.0.0.0/8'] },
  });
});
afterAll(() => bench?.close());
afterEach(() => bench.clear());

const callerOf = (keyId: string, scope: Caller['scope'] = 'write'): Caller => ({ keyId, name: keyId, scope });
const [alice, bob, admin] = [callerOf('alice'), callerOf('bob'), callerOf('root', 'admin')];
const code = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: { code?: string }) => error.code,
  );

describe('a webhook of a key', () => {
  it('is seen and changed by that key and by admin, and is not there for others', async () => {
    const { id, secret, ...shown } = await app.createWebhook(alice, { url: bench.receiver.url });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(shown).toMatchObject({ global: false, key_id: 'alice', event_types: ['*'], enabled: true });
    const delivery = await app.testWebhook(alice, id);
    for (const work of [
      () => app.getWebhook(bob, id),
      () => app.updateWebhook(bob, id, { enabled: false }),
      () => app.deleteWebhook(bob, id),
      () => app.testWebhook(bob, id),
      () => app.listWebhookDeliveries(bob, id, { limit: 10 }),
      () => app.replayWebhookDelivery(bob, id, delivery.id),
    ])
      expect(await code(work())).toBe('not_found');
    expect((await app.listWebhooks(bob)).items).toEqual([]);
    for (const caller of [alice, admin]) {
      expect((await app.listWebhooks(caller)).items.map((one) => one.id)).toEqual([id]);
      expect(JSON.stringify(await app.getWebhook(caller, id))).not.toContain('secret');
    }
    expect(await app.updateWebhook(admin, id, { description: 'ours' })).toMatchObject({ description: 'ours' });
    expect(await app.updateWebhook(alice, id, { description: null })).toMatchObject({ description: null });
    await app.deleteWebhook(alice, id);
    expect(await code(app.getWebhook(admin, id))).toBe('not_found');
    expect(await bench.deliveries(id)).toEqual([]);
  });

  it('hears of the deployments of its key; a global one, which only admin makes, of all', async () => {
    expect(await code(app.createWebhook(alice, { url: bench.receiver.url, global: true }))).toBe('forbidden');
    const hook = (caller: Caller, global: boolean) =>
      app.createWebhook(caller, { url: bench.receiver.url, global, event_types: ['deployment.accepted'] });
    const own = await hook(alice, false);
    const all = await hook(admin, true);
    for (const createdBy of ['alice', 'bob']) await bench.store.deployments.accept({ ...acceptance(), createdBy });
    await bench.store.deployments.accept(acceptance());
    expect(await bench.deliveries(own.id)).toHaveLength(1);
    expect(await bench.deliveries(all.id)).toHaveLength(3);
  });

  it('falls silent when its key is withdrawn', async () => {
    const key = await bench.store.keys.add({ id: randomUUID(), name: 'ci', scope: 'write', hash: 'h' });
    const { id } = await app.createWebhook(callerOf(key.id), { url: bench.receiver.url });
    const other = await app.createWebhook(alice, { url: bench.receiver.url });
    expect(await bench.store.keys.remove(key.id)).toBe(true);
    expect(await app.getWebhook(admin, id)).toMatchObject({ enabled: false });
    expect(await app.getWebhook(admin, other.id)).toMatchObject({ enabled: true });
  });

  it('that could not work is refused with every fault', async () => {
    const creating = app.createWebhook(alice, { url: 'http://10.0.0.1/', event_types: ['run.*', 'walk.*'] });
    await expect(creating).rejects.toMatchObject({
      code: 'invalid_webhook',
      faults: [{ pointer: '/url' }, { pointer: '/event_types/1' }],
    });
    const { id } = await app.createWebhook(alice, { url: bench.receiver.url, enabled: false });
    expect(await code(app.updateWebhook(alice, id, { url: 'ftp://x/' }))).toBe('invalid_webhook');
    expect(await code(app.testWebhook(alice, id))).toBe('not_possible_now');
    expect(await code(app.replayWebhookDelivery(alice, id, randomUUID()))).toBe('not_possible_now');
  });
});

describe('the log of deliveries', () => {
  it('is read page by page, newest first, and by status', async () => {
    const { id } = await app.createWebhook(alice, { url: bench.receiver.url });
    for (let n = 0; n < 5; n += 1) await app.testWebhook(alice, id);
    await bench.deliver();
    const waiting = await app.testWebhook(alice, id);
    const first = await app.listWebhookDeliveries(alice, id, { limit: 4 });
    const rest = await app.listWebhookDeliveries(alice, id, { limit: 4, cursor: first.next! });
    expect([first.items.length, rest.items.length, rest.next]).toEqual([4, 2, null]);
    expect(first.items[0]!.id).toBe(waiting.id);
    const pending = await app.listWebhookDeliveries(alice, id, { limit: 4, status: 'pending' });
    expect(pending.items).toEqual([waiting]);
    expect(rest.items[1]).toMatchObject({
      type: 'webhook.test',
      status: 'delivered',
      attempts: 1,
      response_status: 204,
    });
  });
});
