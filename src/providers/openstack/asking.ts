/**
 * Asking beforehand: what the cloud said, or why it said nothing. A cloud that cannot be asked refuses nothing: its answer
 * is "unknown", with the reason.
 */

import type { Check } from '../../domain/feasibility.ts';
import { classify } from './classify.ts';
import { Stopped } from './errors.ts';

export type Told<T> =
  | { readonly state: 'told'; readonly value: T }
  /** There is no such thing, or it must not be used. */
  | { readonly state: 'refused'; readonly reason: string; readonly remedy?: string }
  | { readonly state: 'untold'; readonly reason: string };

/** Never throws. */
export async function ask<T>(question: () => Promise<T>): Promise<Told<T>> {
  try {
    return { state: 'told', value: await question() };
  } catch (error) {
    const { message, remedy } = classify(error);
    if (!(error instanceof Stopped)) return { state: 'untold', reason: message };
    return { state: 'refused', reason: message, ...(remedy !== undefined && { remedy }) };
  }
}

/** @param say one sentence about what was found */
export function checkOf<T>(what: string, told: Told<T>, say: (value: T) => string): Check {
  switch (told.state) {
    case 'told':
      return { what, verdict: 'pass', reason: say(told.value) };
    case 'refused':
      return failed(what, told.reason, told.remedy);
    case 'untold':
      return unknown(what, told.reason);
  }
}

export function failed(what: string, reason: string, remedy?: string): Check {
  return { what, verdict: 'fail', reason, ...(remedy !== undefined && { remedy }) };
}

export function unknown(what: string, reason: string): Check {
  return { what, verdict: 'unknown', reason };
}
