/**
 * What a region says before anything is made, without asking it too often or waiting for it too long: answers are kept for a
 * while, whoever asks the same at the same time shares one question, and a cloud that does not answer in time has said
 * nothing. Then the answer is "unknown", which refuses nothing.
 */

import { canonicalJson } from '../domain/canonical-json.ts';
import type { Quotas } from '../domain/feasibility.ts';
import type { JsonObject } from '../domain/json.ts';
import type { CallContext, Outlook, Region } from '../ports/driver.ts';

/** Flavors, images and networks come and go rarely. */
const OUTLOOKS_FRESH_MS = 30_000;
const OUTLOOKS_KEPT = 5_000;
/** After this time the answer is "unknown". */
const PATIENCE_MS = 2_000;
/** A region that said nothing is left alone for so long, or every request would wait for it. */
const SILENCE_MS = 5_000;

/** What was said, or why nothing was. */
export type Told<T> = { readonly told: T } | { readonly untold: string };

export interface QuotaReading {
  readonly quotas: Quotas;
  /** The database's time right before the cloud was asked: what was in the ledger by then is counted. */
  readonly asOf: string;
  /** Milliseconds of the process's clock at the same moment. */
  readonly at: number;
}

export interface WantedOfKind {
  readonly kind: string;
  readonly wanted: JsonObject;
}

export interface RegionFacts {
  /** The newest reading if it is not older than this, else a new one. Undefined when the region has no quotas to tell. */
  quotas(maxAgeMs: number): Promise<Told<QuotaReading> | undefined>;
  /** In the order of the question; undefined for kinds about which nothing can be said. */
  outlooks(wanted: readonly WantedOfKind[]): Promise<(Told<Outlook> | undefined)[]>;
}

const known = new WeakMap<Region, RegionFacts>();

/** One for each region of the process. @param clock the database's time */
export function factsOf(region: Region, clock: () => Promise<string>): RegionFacts {
  const standing = known.get(region);
  if (standing) return standing;
  const made = { quotas: quotaReader(region, clock), outlooks: outlookReader(region) };
  known.set(region, made);
  return made;
}

interface Answer<T> {
  readonly since: number;
  readonly told: Promise<Told<T>>;
  /** Not until it came. */
  isSilence?: boolean;
}

function quotaReader(region: Region, clock: () => Promise<string>): RegionFacts['quotas'] {
  let newest: Answer<QuotaReading> | undefined;
  return async (maxAgeMs) => {
    if (!region.quotas) return undefined;
    if (!newest || !isFresh(newest, maxAgeMs)) {
      const since = performance.now();
      newest = answer(async (context) => {
        const asOf = await clock();
        return { quotas: (await region.quotas?.(context)) ?? {}, asOf, at: since };
      });
    }
    return newest.told;
  };
}

function outlookReader(region: Region): RegionFacts['outlooks'] {
  const answers = new Map<string, Answer<Outlook>>();
  const ask = (kind: string, unknown: ReadonlyMap<string, JsonObject>): void => {
    const keys = [...unknown.keys()];
    const all = answer((context) => askDriver(region, kind, [...unknown.values()], context));
    if (answers.size + keys.length > OUTLOOKS_KEPT) answers.clear();
    for (const [index, key] of keys.entries()) answers.set(key, oneOf(all, index));
  };
  return async (wanted) => {
    const asked = wanted.map(({ kind, wanted: one }) => ({ kind, one, key: `${kind} ${essenceOf(one)}` }));
    const missing = asked.filter(({ key }) => !isFresh(answers.get(key), OUTLOOKS_FRESH_MS));
    const judging = missing.filter(({ kind }) => region.driver(kind)?.feasibility !== undefined);
    for (const kind of new Set(judging.map((each) => each.kind))) {
      ask(kind, new Map(judging.filter((each) => each.kind === kind).map(({ key, one }) => [key, one])));
    }
    return Promise.all(asked.map(async ({ key }) => answers.get(key)?.told));
  };
}

async function askDriver(
  region: Region,
  kind: string,
  wanted: readonly JsonObject[],
  context: CallContext,
): Promise<Outlook[]> {
  const driver = region.driver(kind);
  try {
    return (await driver?.feasibility?.(wanted, context)) ?? [];
  } catch (error) {
    throw driver === undefined || context.signal.aborted ? error : new Error(driver.classify(error).message);
  }
}

/** Names, addresses and labels differ from server to server and decide nothing. */
function essenceOf({ name, fixed_ip, metadata, ...rest }: JsonObject): string {
  void [name, fixed_ip, metadata];
  return canonicalJson(rest);
}

function isFresh(answered: Answer<unknown> | undefined, maxAgeMs: number): boolean {
  if (!answered) return false;
  const age = performance.now() - answered.since;
  return age <= (answered.isSilence === true ? SILENCE_MS : maxAgeMs);
}

function answer<T>(work: (context: CallContext) => Promise<T>): Answer<T> {
  const made: Answer<T> = { since: performance.now(), told: withinPatience(work) };
  void made.told.then((told) => (made.isSilence = 'untold' in told));
  return made;
}

function oneOf<T>(all: Answer<readonly T[]>, index: number): Answer<T> {
  const told = all.told.then((answered): Told<T> => {
    if ('untold' in answered) return answered;
    const one = answered.told[index];
    return one === undefined ? { untold: 'nothing was said about it' } : { told: one };
  });
  const made: Answer<T> = { since: all.since, told };
  void told.then((one) => (made.isSilence = 'untold' in one));
  return made;
}

/** Never throws: a client that does not listen to its signal is not waited for either. */
async function withinPatience<T>(work: (context: CallContext) => Promise<T>): Promise<Told<T>> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const late = new Promise<Told<T>>((resolve) => {
    signal.addEventListener('abort', () =>
      resolve({ untold: `the cloud did not answer within ${PATIENCE_MS / 1000} s` }),
    );
  });
  const early = work({ signal, beforeEffect: async () => {} }).then(
    (told): Told<T> => ({ told }),
    (error: unknown): Told<T> => ({ untold: `the cloud could not be asked: ${wordsOf(error)}` }),
  );
  return Promise.race([early, late]);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
