/**
 * Reads a JSON body. Says where malformed JSON breaks, and refuses what is JSON but cannot be kept: PostgreSQL stores
 * neither NUL characters nor lone surrogates in jsonb (https://www.postgresql.org/docs/current/datatype-json.html),
 * JSON has no number for 1e999, `__proto__` is a trap for whoever copies objects, and depth is bounded so that code
 * which walks a body may recurse.
 */

import type { Fault } from '../../domain/errors.ts';
import { GroundworkError } from '../../domain/errors.ts';
import { findJsonError } from './find-json-error.ts';
import { pointerStep } from './json-pointer.ts';

export const DEEPEST_BODY = 64;
const MOST_FAULTS = 20;

/**
 * The value of a body; undefined for an empty one.
 * @throws GroundworkError malformed_body, invalid_request
 */
export function parseJsonBody(text: string): unknown {
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (json.trim() === '') return undefined;
  const value = parse(json);
  const faults = [...unfitParts(value, '', 0)].slice(0, MOST_FAULTS);
  if (faults.length > 0)
    throw new GroundworkError('invalid_request', 'The body holds what cannot be kept.', { faults });
  return value;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // What the platform says differs between its versions and often has no position.
    const at = findJsonError(json) ?? json.length;
    const before = json.slice(0, at).split('\n');
    const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
    const what = at >= json.length ? 'it ends too early' : `unexpected ${JSON.stringify(json[at])}`;
    throw new GroundworkError('malformed_body', `The body is not valid JSON at ${place}: ${what}.`, {
      faults: [{ pointer: '', detail: `Broken at ${place}.`, remedy: 'Correct the JSON there.' }],
    });
  }
}

function* unfitParts(value: unknown, pointer: string, depth: number): Generator<Fault> {
  if (typeof value === 'string') {
    if (!isStorable(value)) yield unstorable(pointer);
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value))
      yield { pointer, detail: 'The number is too large.', remedy: 'Send a smaller number.' };
  } else if (typeof value === 'object' && value !== null) {
    if (depth === DEEPEST_BODY) yield tooDeep(pointer);
    else yield* unfitMembers(value, pointer, depth + 1);
  }
}

function* unfitMembers(value: object, pointer: string, depth: number): Generator<Fault> {
  const isList = Array.isArray(value);
  for (const [name, member] of Object.entries(value)) {
    const at = pointer + pointerStep(name);
    if (!isList && name === '__proto__') yield { pointer: at, detail: 'The name is reserved.', remedy: 'Rename it.' };
    else if (!isList && !isStorable(name)) yield unstorable(pointer);
    else yield* unfitParts(member, at, depth);
  }
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text);
}

function unstorable(pointer: string): Fault {
  return {
    pointer,
    detail: 'The text holds a NUL character or half of a surrogate pair.',
    remedy: 'Send text that is valid Unicode without NUL; encode binary data as base64.',
  };
}

function tooDeep(pointer: string): Fault {
  return { pointer, detail: `It is nested deeper than ${DEEPEST_BODY} levels.`, remedy: 'Send a flatter object.' };
}
