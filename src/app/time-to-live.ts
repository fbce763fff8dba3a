/**
 * How long a deployment lives, as a request says it. Times count from now: from the acceptance, or from the moment of an
 * extension.
 */

import type { Deployment } from '../domain/deployment.ts';
import { GroundworkError } from '../domain/errors.ts';
import { LONGEST_TTL_MS, parseTtl, SHORTEST_TTL_MS, writeTtl } from '../domain/ttl.ts';
import type { AppDependencies } from './dependencies.ts';

/** Not both. Null: it does not end by itself. */
export interface TimeToLive {
  readonly ttl?: string | null;
  /** RFC 3339. */
  readonly expires_at?: string | null;
}

/**
 * When a new deployment ends: as the request says, else as the region says at most, else never.
 * @param now milliseconds since the epoch
 * @returns RFC 3339, or null
 * @throws GroundworkError invalid_ttl
 */
export function expiryOfNew(
  { longestTtlMs }: Pick<AppDependencies, 'longestTtlMs'>,
  { region, ttl }: { readonly region: string; readonly ttl: string | undefined },
  now: number,
): string | null {
  const mostMs = longestTtlMs(region);
  if (ttl !== undefined) return after(now, ttl, mostMs);
  return mostMs === undefined ? null : new Date(now + mostMs).toISOString();
}

/**
 * Says anew when a living deployment ends. Warnings begin anew with it.
 * @returns the new end
 * @throws GroundworkError invalid_ttl, not_possible_now when it has expired or is being deleted
 */
export async function setTimeToLive(
  { store, longestTtlMs }: Pick<AppDependencies, 'store' | 'longestTtlMs'>,
  { id, region }: Pick<Deployment, 'id' | 'region'>,
  wish: TimeToLive,
): Promise<string | null> {
  const now = Date.now();
  const expiresAt = endOf(wish, now, longestTtlMs(region));
  const done = await store.expiries.set(id, expiresAt, now);
  if (done === 'set') return expiresAt;
  const why = done === 'expired' ? 'its time has ended, and it is being deleted' : 'it is being deleted';
  throw new GroundworkError('not_possible_now', `the deployment cannot be extended: ${why}`, {
    remedy: 'Deploy it anew.',
  });
}

/** Checks a wish without doing anything. @throws GroundworkError invalid_ttl */
export function assertTimeToLive(
  { longestTtlMs }: Pick<AppDependencies, 'longestTtlMs'>,
  { region }: Pick<Deployment, 'region'>,
  wish: TimeToLive,
): void {
  endOf(wish, Date.now(), longestTtlMs(region));
}

function endOf({ ttl, expires_at: expiresAt }: TimeToLive, now: number, mostMs: number | undefined): string | null {
  if (ttl !== undefined && expiresAt !== undefined)
    throw invalid('/expires_at', 'there is a ttl as well', expiresAt, 'Give one of the two.');
  if (ttl !== undefined && ttl !== null) return after(now, ttl, mostMs);
  if (expiresAt !== undefined && expiresAt !== null) return at(now, expiresAt, mostMs);
  if (mostMs === undefined) return null;
  const remedy = `Give a ttl of at most ${writeTtl(mostMs)}.`;
  throw invalid(ttl === null ? '/ttl' : '/expires_at', 'nothing may live for ever in this region', null, remedy);
}

function after(now: number, ttl: string, mostMs: number | undefined): string {
  const parsed = parseTtl(ttl, mostMs);
  if ('problem' in parsed) throw invalid('/ttl', parsed.problem, ttl, parsed.remedy);
  return new Date(now + parsed.ms).toISOString();
}

function at(now: number, expiresAt: string, mostMs = LONGEST_TTL_MS): string {
  const left = Date.parse(expiresAt) - now;
  const [first, last] = [now + SHORTEST_TTL_MS, now + mostMs].map((time) => new Date(time).toISOString());
  if (left >= SHORTEST_TTL_MS && left <= mostMs) return new Date(expiresAt).toISOString();
  const problem = left < SHORTEST_TTL_MS ? 'this is too soon, or past' : 'this is too late';
  throw invalid('/expires_at', problem, expiresAt, `Choose a time from ${first} to ${last}.`);
}

function invalid(pointer: string, detail: string, value: string | null, remedy: string): GroundworkError {
  return new GroundworkError('invalid_ttl', `the deployment cannot live that long or short: ${detail}`, {
    faults: [{ pointer, detail, value, remedy }],
  });
}
