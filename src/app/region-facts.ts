/**
 * What a region says before anything is made, without asking it too often or waiting for it too long: answers are kept for a
 * while, whoever asks the same at the same time shares one question, and a cloud that does not answer in time has said
 * nothing. Then the answer is "unknown", which refuses nothing.
 */

import { canonicalJson } from '../domain/canonical-json.ts';
import type { Quotas } from '../domain/feasibility.ts';
import type { JsonObject } from '../domain/json.ts';
import type { CallContext, Outlook, Region } from '../ports/driver.ts';

/** Flavors, images and networks come and go rarely: an answer is used for the longer time, and asked for anew after the shorter. */
const OUTLOOKS_FRESH_MS = 30_000;
const OUTLOOKS_USABLE_MS = 5 * 60_000;
const OUTLOOKS_KEPT = 5_000;
/**
 * After this time the answer is "unknown". The first question to a busy cloud may take seconds (a login, the catalogue, then
 * each service), and a check that is passed over is worse than an answer that comes late; later ones find what is known.
 */
const PATIENCE_MS = 5_000;
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

/** One question, asked again and again: its last good answer, and the asking that is under way. */
class Question<T> {
  #good: { readonly since: number; readonly told: T } | undefined;
  #asking: Promise<Told<T>> | undefined;
  #silent: { readonly since: number; readonly words: string } | undefined;

  /** The last good answer, if it is not older. */
  known(maxAgeMs: number): Told<T> | undefined {
    return this.#good && performance.now() - this.#good.since <= maxAgeMs ? { told: this.#good.told } : undefined;
  }

  /** Whether it is worth asking now. */
  get isOpen(): boolean {
    return !this.#asking && !(this.#silent && performance.now() - this.#silent.since <= SILENCE_MS);
  }

  ask(told: Promise<Told<T>>): void {
    const since = performance.now();
    this.#asking = told.then((answer) => {
      this.#asking = undefined;
      this.#silent = 'untold' in answer ? { since: performance.now(), words: answer.untold } : undefined;
      if ('told' in answer) this.#good = { since, told: answer.told };
      return answer;
    });
  }

  /** What is being said, or why nothing was. */
  answer(): Promise<Told<T>> | undefined {
    return this.#asking ?? (this.#silent && Promise.resolve({ untold: this.#silent.words }));
  }
}

function quotaReader(region: Region, clock: () => Promise<string>): RegionFacts['quotas'] {
  const question = new Question<QuotaReading>();
  return async (maxAgeMs) => {
    if (!region.quotas) return undefined;
    const known = question.known(maxAgeMs);
    if (known) return known;
    if (question.isOpen) {
      const at = performance.now();
      const read = async (context: CallContext): Promise<QuotaReading> => {
        const asOf = await clock();
        return { quotas: (await region.quotas?.(context)) ?? {}, asOf, at };
      };
      question.ask(withinPatience(read));
    }
    return question.answer();
  };
}

function outlookReader(region: Region): RegionFacts['outlooks'] {
  const questions = new Map<string, Question<Outlook>>();
  const ask = (kind: string, unknown: ReadonlyMap<string, JsonObject>): void => {
    const keys = [...unknown.keys()];
    const all = withinPatience((context) => askDriver(region, kind, [...unknown.values()], context));
    for (const [index, key] of keys.entries()) {
      const question = questions.get(key) ?? new Question<Outlook>();
      questions.set(key, question);
      question.ask(all.then((told) => oneOf(told, index)));
    }
  };
  return async (wanted) => {
    if (questions.size > OUTLOOKS_KEPT) questions.clear();
    const asked = wanted.map(({ kind, wanted: one }) => ({ kind, one, key: `${kind} ${essenceOf(one)}` }));
    const due = asked.filter(({ kind, key }) => {
      const question = questions.get(key);
      if (region.driver(kind)?.feasibility === undefined || question?.known(OUTLOOKS_FRESH_MS)) return false;
      return question?.isOpen ?? true;
    });
    for (const kind of new Set(due.map((each) => each.kind))) {
      ask(kind, new Map(due.filter((each) => each.kind === kind).map(({ key, one }) => [key, one])));
    }
    return Promise.all(
      asked.map(async ({ key }) => {
        const question = questions.get(key);
        return question?.known(OUTLOOKS_USABLE_MS) ?? question?.answer();
      }),
    );
  };
}

function oneOf<T>(all: Told<readonly T[]>, index: number): Told<T> {
  if ('untold' in all) return all;
  const one = all.told[index];
  return one === undefined ? { untold: 'nothing was said about it' } : { told: one };
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

/** Never throws: a client that does not listen to its signal is not waited for either. */
async function withinPatience<T>(work: (context: CallContext) => Promise<T>): Promise<Told<T>> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const late = new Promise<Told<T>>((resolve) => {
    signal.addEventListener('abort', () =>
      resolve({ untold: `the cloud did not answer within ${PATIENCE_MS / 1000} s` }),
    );
  });
  const early = work({ signal, beforeEffect: async () => {}, isAwaited: true }).then(
    (told): Told<T> => ({ told }),
    (error: unknown): Told<T> => ({ untold: `the cloud could not be asked: ${wordsOf(error)}` }),
  );
  return Promise.race([early, late]);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
