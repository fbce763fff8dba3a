/**
 * The process that offers load: reads one order (see load.ts) from standard input, writes one line with the result.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { json } from 'node:stream/consumers';
import { Agent } from 'undici';
import type { LoadOrder, LoadResult } from './load.ts';
import { quantile } from './quantiles.ts';

/** Enough that an open loop never waits for a free connection. */
const MOST_CONNECTIONS = 256;

const order = (await json(process.stdin)) as LoadOrder; // written by load.ts
const agent = new Agent({ connections: 'connections' in order.loop ? order.loop.connections : MOST_CONNECTIONS });
const latencies: number[] = [];
let failures = 0;
let sent = 0;

const began = performance.now();
const countFrom = began + order.warmUp * 1000;
const end = countFrom + order.seconds * 1000;
await ('connections' in order.loop ? closedLoop(order.loop.connections) : openLoop(order.loop.perSecond));
const took = performance.now() - countFrom;
await agent.close();
process.stdout.write(`${JSON.stringify(resultOf())}\n`);

async function closedLoop(connections: number): Promise<void> {
  const worker = async (): Promise<void> => {
    while (performance.now() < end) await ask(performance.now());
  };
  await Promise.all(Array.from({ length: connections }, worker));
}

async function openLoop(perSecond: number): Promise<void> {
  const asked: Promise<void>[] = [];
  for (let tick = began; tick < end; tick += 1000 / perSecond) {
    const early = tick - performance.now();
    if (early > 0) await delay(early);
    asked.push(ask(tick));
  }
  await Promise.all(asked);
}

/** @param due when the request was to be sent */
async function ask(due: number): Promise<void> {
  const number = sent++;
  const good = await exchange(number).catch(() => false);
  if (due < countFrom) return;
  if (!good) failures += 1;
  latencies.push(performance.now() - due);
}

async function exchange(number: number): Promise<boolean> {
  const { body } = order;
  const answer = await agent.request({
    origin: order.url,
    method: order.method,
    path: order.paths[number % order.paths.length] ?? '/',
    headers: { 'x-api-key': order.key, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: body.replace('{n}', String(number)) }),
  });
  await answer.body.text();
  return answer.statusCode < 300;
}

function resultOf(): LoadResult {
  return {
    perSecond: (latencies.length * 1000) / took,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    worst: quantile(latencies, 1),
    count: latencies.length,
    failures,
  };
}
