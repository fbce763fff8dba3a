import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MOST_ATTEMPTS } from '../../src/domain/conclude-delivery.ts';
import type { Webhook } from '../../src/domain/webhook.ts';
import { createWebhookSender } from '../../src/providers/webhook/index.ts';
import { createCouriers } from '../../src/reconcilers/deliver-webhooks.ts';
import { acceptance, acceptAndClaim, NODE } from '../../src/store/testing/store-bench.ts';
import { silent } from '../kit/house.ts';
import { isGenuine, openWebhookBench, SENDER, seqsByDeployment, type WebhookBench } from './webhook-bench.ts';

let bench: WebhookBench;
beforeAll(async () => {
  bench = await openWebhookBench();
});
afterAll(() => bench?.close());
afterEach(() => bench.clear());

const newest = async (webhookId: string) => (await bench.deliveries(webhookId))[0]!;
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

/** Answers these statuses one after the other, then 204. */
function answering(...statuses: (readonly [number, Record<string, string>?])[]): void {
  bench.receiver.answer = (_, response) => {
    const [status, headers] = statuses.shift() ?? [204];
    response.writeHead(status, headers).end('the words of the receiver');
  };
}

describe('an event', () => {
  it('arrives whoever wrote it, in order, signed, and as the API lists it', async () => {
    const { secret, id } = await bench.hook();
    const { owner, lease } = await acceptAndClaim(bench.store);
    await bench.store.ledger.recordNode(lease, 'forward', NODE, { state: 'done' });
    await bench.store.ledger.recordEvent(lease, { type: 'sweep.removed', key: 'network', data: { deep: [1, 'ü'] } });
    await bench.deliver();
    const events = await bench.store.events.list(owner, 0, 100);
    expect(bench.receiver.received.map(({ json }) => json)).toEqual(
      events.map(({ runId: run_id, ...event }) => ({
        type: event.type,
        timestamp: event.at,
        data: { deployment_id: owner, deployment_name: 'job', event: { ...event, run_id } },
      })),
    );
    expect(events.length).toBeGreaterThanOrEqual(4);
    for (const one of bench.receiver.received) {
      expect(isGenuine(one, secret)).toBe(true);
      expect(isGenuine({ ...one, body: one.body.replace('job', 'jab') }, secret)).toBe(false);
      expect(Math.abs(Number(one.headers['webhook-timestamp']) * 1000 - Date.now())).toBeLessThan(60_000);
    }
    expect(new Set((await bench.deliveries(id)).map(({ status }) => status))).toEqual(new Set(['delivered']));
  });

  it('that was rolled back is not sent', async () => {
    await bench.hook();
    await bench.deploymentWithEvents(0);
    const before = await bench.pool.query('select count(*) from webhook_deliveries');
    const accepting = bench.store.deployments.accept({
      ...acceptance(),
      idempotency: { apiKeyId: 'k', key: 'k', requestHash: null as unknown as string },
    });
    await expect(accepting).rejects.toThrow(/request_hash/);
    expect((await bench.pool.query('select count(*) from webhook_deliveries')).rows).toEqual(before.rows);
  });

  it.each([
    [{ eventTypes: ['sweep.removed'] }, 'sweep.removed'],
    [{ eventTypes: ['run.*'] }, 'run.accepted'],
    [{ keyId: 'alice' }, 'deployment.accepted,run.accepted'],
    [{ keyId: 'bob' }, ''],
    [{ enabled: false }, ''],
  ] as [Partial<Webhook>, string][])('goes only where it is asked for: %j', async (change, types) => {
    const { id } = await bench.hook(change);
    const input = { ...acceptance(), createdBy: 'alice' };
    await bench.store.deployments.accept(input);
    if (change.keyId === undefined) await bench.deploymentWithEvents(1);
    const queued = await bench.deliveries(id);
    expect([...new Set(queued.map(({ type }) => type))].toSorted().join()).toBe(types);
  });
});

describe('a receiver that fails', () => {
  it.each([
    ['answers 500', () => answering([500])],
    [
      'breaks the connection',
      () => {
        let first = true;
        bench.receiver.answer = (_, response) => {
          if (first) response.destroy();
          else response.writeHead(204).end();
          first = false;
        };
      },
    ],
  ])('%s: gets the same delivery again, newly signed, and the later ones after it', async (_, order) => {
    const { id, secret } = await bench.hook();
    order();
    const owner = await bench.deploymentWithEvents(2);
    await bench.deliver();
    expect(bench.receiver.received).toHaveLength(1);
    await bench.deliver();
    expect(bench.receiver.received).toHaveLength(1);
    const failed = (await bench.deliveries(id)).find(({ seq }) => seq === 1)!;
    expect(failed).toMatchObject({ status: 'pending', attempts: 1, error: expect.stringMatching(/500|not be sent/) });
    expect(Date.parse(failed.nextAt!) - Date.now()).toBeGreaterThan(3_000);
    await bench.makeDue();
    await bench.deliver();
    expect(seqsByDeployment(bench.receiver.received).get(owner)).toEqual([1, ...upTo(4)]);
    const [first, second] = bench.receiver.received;
    expect(second!.id).toBe(first!.id);
    expect(isGenuine(second!, secret)).toBe(true);
  });

  it('does not answer: is given up for this time, and tried again', async () => {
    const { id } = await bench.hook();
    const impatient = createWebhookSender({ ...SENDER, timeoutMs: 100 });
    const held: { end: () => unknown }[] = [];
    bench.receiver.answer = (_, response) => void held.push(response);
    await bench.deploymentWithEvents(0);
    await bench.deliver(impatient);
    expect((await bench.deliveries(id)).find(({ seq }) => seq === 1)).toMatchObject({
      status: 'pending',
      responseStatus: null,
      error: 'no answer within 0.1 s',
    });
    await impatient.close();
    held.forEach((response) => response.end());
  });

  it('answers 429 with Retry-After: is left alone for so long', async () => {
    const { id } = await bench.hook();
    answering([429, { 'retry-after': '3600' }]);
    await bench.deploymentWithEvents(0);
    await bench.deliver();
    const [waiting] = (await bench.deliveries(id)).filter(({ attempts }) => attempts > 0);
    expect(Date.parse(waiting!.nextAt!) - Date.now()).toBeGreaterThan(3_590_000);
    expect(waiting).toMatchObject({ responseStatus: 429, responseBody: 'the words of the receiver' });
  });

  it('redirects: is not followed', async () => {
    const { id } = await bench.hook();
    answering([302, { location: `${bench.receiver.url}/elsewhere` }]);
    await bench.deploymentWithEvents(0);
    await bench.deliver();
    expect(bench.receiver.received.map(({ path }) => path)).toEqual(['/hook']);
    expect((await bench.deliveries(id)).find(({ attempts }) => attempts > 0)?.error).toMatch(
      /302, and redirects are not/,
    );
  });

  it('refuses one event again and again: gets the others after a while', async () => {
    await bench.hook();
    bench.receiver.answer = ({ json }, response) =>
      void response.writeHead(json.data.event?.seq === 1 ? 422 : 204).end();
    const owner = await bench.deploymentWithEvents(1);
    for (let look = 0; look < 4; look += 1) {
      await bench.deliver();
      await bench.makeDue();
    }
    expect(seqsByDeployment(bench.receiver.received).get(owner)?.slice(0, 5)).toEqual([1, 1, 1, 2, 3]);
  });

  it('says 410: is sent nothing any more', async () => {
    const { id } = await bench.hook();
    answering([410]);
    await bench.deploymentWithEvents(1);
    await bench.deliver();
    await bench.makeDue();
    await bench.deliver();
    expect(bench.receiver.received).toHaveLength(1);
    expect(await bench.store.webhooks.get(id)).toMatchObject({ enabled: false });
    expect((await bench.deliveries(id)).find(({ seq }) => seq === 1)).toMatchObject({ status: 'dead' });
  });

  it('is given up after a day of attempts, and a replay sends the same delivery', async () => {
    const { id } = await bench.hook();
    bench.receiver.answer = (_, response) => void response.writeHead(503).end();
    await bench.store.deliveries.addTest(id);
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
      await bench.deliver();
      await bench.makeDue();
    }
    const dead = await newest(id);
    expect(dead).toMatchObject({ status: 'dead', attempts: MOST_ATTEMPTS, nextAt: null });
    expect(dead.error).toContain(`given up after ${MOST_ATTEMPTS} attempts`);
    answering();
    expect(await bench.store.deliveries.replay(id, dead.id)).toMatchObject({ status: 'pending', attempts: 0 });
    await bench.deliver();
    expect(await newest(id)).toMatchObject({ id: dead.id, status: 'delivered', attempts: 1 });
    expect(new Set(bench.receiver.received.map((one) => one.id))).toEqual(new Set([dead.id]));
  });

  it('answers without end: is heard for the first kilobyte', async () => {
    const { id } = await bench.hook();
    bench.receiver.answer = (_, response) => {
      response.writeHead(200);
      const pour = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', pour);
      pour();
    };
    await bench.store.deliveries.addTest(id);
    await bench.deliver();
    expect(await newest(id)).toMatchObject({ status: 'delivered', responseBody: 'x'.repeat(1024) });
  });
});

describe('a server that stops', () => {
  it('in the middle loses nothing, and what is repeated is repeated under the same id', async () => {
    const { id } = await bench.hook();
    const owner = await bench.deploymentWithEvents(1);
    const dies = { send: () => Promise.reject(new Error('killed')) };
    const taken = await bench.store.deliveries.take(id); // by one that dies before it sends
    expect(taken?.delivered?.event.seq).toBe(1);
    await bench.deliver();
    expect(bench.receiver.received).toEqual([]);
    await bench.makeDue();
    await bench.deliver({
      async send(message, signal) {
        await bench.sender.send(message, signal); // arrives, and its sender dies before it can note it
        return dies.send();
      },
    });
    await bench.makeDue();
    await bench.deliver();
    expect(seqsByDeployment(bench.receiver.received).get(owner)).toEqual([1, ...upTo(3)]);
    expect(new Set(bench.receiver.received.map((one) => one.id)).size).toBe(3);
  });

  it('puts back what it has not finished, which is then due at once', async () => {
    const { id } = await bench.hook();
    const stop = new AbortController();
    bench.receiver.answer = () => stop.abort();
    await bench.store.deliveries.addTest(id);
    const { deliveries } = bench.store;
    const couriers = createCouriers({ deliveries, sender: bench.sender, log: silent, random: () => 0 });
    await couriers.deed(stop.signal);
    await couriers.idle();
    expect(await newest(id)).toMatchObject({ status: 'pending', attempts: 0 });
    answering();
    await bench.deliver();
    expect(await newest(id)).toMatchObject({ status: 'delivered', attempts: 1 });
  });

  it('and wakes up later cannot write over what another one noted', async () => {
    const { id } = await bench.hook();
    await bench.store.deliveries.addTest(id);
    const sleeper = (await bench.store.deliveries.take(id))!;
    await bench.makeDue();
    await bench.deliver();
    const outcome = { kind: 'unanswered', reason: 'too late', durationMs: 1 } as const;
    await bench.store.deliveries.record(sleeper, outcome, { status: 'dead', error: 'too late', disable: true });
    expect(await newest(id)).toMatchObject({ status: 'delivered', error: null });
    expect(await bench.store.webhooks.get(id)).toMatchObject({ enabled: true });
  });
});

describe('many at once', () => {
  it('arrive once each and in the order of their deployment, from several servers', async () => {
    await bench.hook();
    const writing = Promise.all(upTo(12).map(() => bench.deploymentWithEvents(6)));
    const sending = Promise.all(upTo(3).map(() => bench.deliver()));
    const owners = await writing;
    await sending;
    await Promise.all(upTo(3).map(() => bench.deliver()));
    await bench.deliver();
    const seqs = seqsByDeployment(bench.receiver.received);
    for (const owner of owners) expect(seqs.get(owner)).toEqual(upTo(8));
  });

  it('behind a receiver that is away do not keep others from theirs', async () => {
    const away = await bench.hook({ url: 'http://127.0.0.1:9/away' });
    const well = await bench.hook();
    await bench.deploymentWithEvents(3);
    await bench.deliver();
    expect(bench.receiver.received).toHaveLength(5);
    expect((await bench.deliveries(away.id)).every(({ status }) => status === 'pending')).toBe(true);
    expect((await bench.deliveries(well.id)).every(({ status }) => status === 'delivered')).toBe(true);
  });
});

describe('what must not be', () => {
  it.each([
    ['an address', (port: string) => `http://127.0.0.1:${port}/`],
    ['a name', (port: string) => `http://localhost:${port}/`],
  ])('a private target is not called, by %s', async (_, urlOf) => {
    const { id } = await bench.hook({ url: urlOf(new URL(bench.receiver.url).port) });
    const strict = createWebhookSender({ ...SENDER, allowAddresses: ['10.0.0.0/8'] });
    await bench.store.deliveries.addTest(id);
    await bench.deliver(strict);
    expect(bench.receiver.received).toEqual([]);
    expect((await newest(id)).error).toContain('webhooks.allow_addresses does not name it');
    await strict.close();
  });

  it('a server with another key signs nothing, and says why', async () => {
    const { id } = await bench.hook();
    const stranger = createWebhookSender({ ...SENDER, secretKey: 'another key' });
    await bench.store.deliveries.addTest(id);
    await bench.deliver(stranger);
    expect(bench.receiver.received).toEqual([]);
    expect((await newest(id)).error).toContain('GROUNDWORK_SECRET_KEY');
    await stranger.close();
  });

  it('the secret is in no table', async () => {
    const { secret } = await bench.hook();
    const { rows } = await bench.pool.query<{ text: string }>('select webhooks::text as text from webhooks');
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    for (const form of [secret, key.toString('base64url'), key.toString('hex')])
      expect(rows[0]!.text).not.toContain(form);
  });
});

describe('forgetting', () => {
  it('takes old settled deliveries and those of webhooks that are gone, and nothing else', async () => {
    const [kept, gone] = [await bench.hook(), await bench.hook()];
    for (let n = 0; n < 2; n += 1) await bench.store.deliveries.addTest(kept.id);
    await bench.deliver();
    await bench.store.deliveries.addTest(kept.id);
    await bench.store.deliveries.addTest(gone.id);
    await bench.pool.query('delete from webhooks where id = $1', [gone.id]); // a late event had seen it alive
    const [, settled] = await bench.deliveries(kept.id);
    await bench.pool.query(`update webhook_deliveries set settled_at = now() - interval '15 days' where id = $1`, [
      settled!.id,
    ]);
    expect(await bench.store.deliveries.prune()).toBe(false);
    expect((await bench.deliveries(kept.id)).map(({ status }) => status).toSorted()).toEqual(['delivered', 'pending']);
    expect(await bench.deliveries(gone.id)).toEqual([]);
  });
});
