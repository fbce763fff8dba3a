/**
 * Building blocks for published shapes. Every shape is one TypeBox object from which validation, serialisation, the
 * OpenAPI document and the static type derive; constant and type share their name.
 *
 * A shape's `title` is its name in the OpenAPI document: the generator replaces every titled schema by a `$ref`.
 * Nullable fields are written as `type: [T, 'null']` and never as `anyOf`, because the serialiser turns the former
 * into a plain branch and the validator into one precise complaint.
 */

import { Type } from 'typebox';
import type { Static, TArrayOptions, TObject, TObjectOptions, TProperties, TSchema, TUnsafe } from 'typebox';
import type { Json, JsonObject } from '../domain/json.ts';

type StringOptions = Parameters<typeof Type.String>[0];

/** A closed object with a name of its own in the OpenAPI document. */
export function shape<P extends TProperties>(
  title: string,
  properties: P,
  options: TObjectOptions & { readonly description: string },
): TObject<P> {
  return Type.Object(properties, { title, additionalProperties: false, ...options });
}

/** The shape or `null`. Only for schemas with a single `type`. */
export function nullable<T extends TSchema>(schema: T): TUnsafe<Static<T> | null> {
  return Type.Unsafe<Static<T> | null>({ ...schema, type: [(schema as { type?: string }).type, 'null'] });
}

/** A list that nobody may change in place, so that the domain's read-only lists fit. */
export function list<T extends TSchema>(items: T, options: TArrayOptions = {}): TUnsafe<readonly Static<T>[]> {
  return Type.Unsafe<readonly Static<T>[]>(Type.Array(items, options));
}

/** An object with free keys and values of one shape. */
export function mapOf<T extends TSchema>(
  values: T,
  options: object = {},
): TUnsafe<{ readonly [key: string]: Static<T> }> {
  return Type.Unsafe({ type: 'object', additionalProperties: values, ...options });
}

/** Any JSON object. */
export function jsonObject(options: object = {}): TUnsafe<JsonObject> {
  return Type.Unsafe<JsonObject>({ type: 'object', additionalProperties: true, ...options });
}

/** Any JSON value. */
export function anyJson(options: object = {}): TUnsafe<Json> {
  return Type.Unsafe<Json>({ ...options });
}

/** One of the given words. */
export function oneOf<const V extends readonly string[]>(values: V, options: object = {}): TUnsafe<V[number]> {
  return Type.Unsafe<V[number]>({ type: 'string', enum: [...values], ...options });
}

/** RFC 3339 in UTC. */
export function timestamp(options: StringOptions = {}) {
  return Type.String({ format: 'date-time', ...options });
}

export function uuid(options: StringOptions = {}) {
  return Type.String({ format: 'uuid', ...options });
}

/** A whole number >= 0. */
export function count(options: StringOptions = {}) {
  return Type.Integer({ minimum: 0, ...options });
}
