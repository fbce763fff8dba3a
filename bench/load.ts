/**
 * Offering load, by a process of its own.
 *
 * Two kinds, for two questions. Closed loop (N connections, each asks again as soon as it is answered): how much can be
 * done? Open loop (a request at every tick, whether or not earlier ones are answered): how long does one wait? Time counts
 * from the planned tick, so a stall is seen by everyone who would have met it, not by one.
 */

import { fileURLToPath } from 'node:url';
import { startProgram } from './child-process.ts';

export interface LoadOrder {
  readonly url: string;
  readonly key: string;
  readonly method: 'GET' | 'POST';
  /** Taken in turn. */
  readonly paths: readonly string[];
  /** Sent with every request; `{n}` becomes the number of the request. */
  readonly body?: string;
  readonly loop: { readonly connections: number } | { readonly perSecond: number };
  readonly seconds: number;
  /** Seconds of the same load before counting begins. */
  readonly warmUp: number;
}

export interface LoadResult {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  readonly count: number;
  /** Answers other than 2xx, and none at all. */
  readonly failures: number;
}

const PROGRAM = fileURLToPath(new URL('./load-generator.js', import.meta.url));

/** @throws Error when any request failed: a figure that includes refusals says nothing */
export async function offerLoad(order: LoadOrder): Promise<LoadResult> {
  const program = startProgram([PROGRAM], { input: JSON.stringify(order) });
  const [line] = await program.line(/^\{.*\}$/);
  await program.ended();
  const result = JSON.parse(line) as LoadResult;
  if (result.failures > 0) throw new Error(`${result.failures} of ${result.count} requests to ${order.url} failed`);
  return result;
}
