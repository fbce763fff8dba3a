/**
 * What an operation is: one row of the table from which routes, OpenAPI document, typed client and coverage tests
 * derive.
 */

import type { Static, TSchema } from 'typebox';
import type { ErrorCode } from '../domain/errors.ts';
import type { Scope } from './key.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** `public`: anyone. `loopback`: the same machine, or any key. Otherwise the least scope of the key. */
export type Access = Scope | 'loopback' | 'public';

export interface OperationAnswer {
  readonly description: string;
  /** Absent: no body. */
  readonly schema?: TSchema;
  /** Default: `application/json`. */
  readonly mediaType?: string;
  /** Also answered as `text/event-stream` when the request accepts it. */
  readonly streams?: boolean;
}

export interface OperationDefinition {
  readonly method: Method;
  /** With parameters in braces, for example `/deployments/{id}`. */
  readonly path: string;
  /** Noun under which the operation is listed. */
  readonly tag: string;
  /** One line without a full stop. */
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  readonly params?: TSchema;
  readonly query?: TSchema;
  /** Request headers by lower-case name; others are ignored. */
  readonly headers?: TSchema;
  readonly body?: TSchema;
  readonly answers: Readonly<Record<number, OperationAnswer>>;
  /** What it refuses beside what every operation of its kind refuses (see `errorsOf`). */
  readonly errors: readonly ErrorCode[];
}

type Part<D, K extends 'params' | 'query' | 'headers' | 'body'> = D extends { readonly [key in K]: infer S }
  ? S extends TSchema
    ? Static<S>
    : undefined
  : undefined;

type AnswerBody<A> = A extends { readonly schema: infer S } ? (S extends TSchema ? Static<S> : undefined) : undefined;

export type ParamsOf<D> = Part<D, 'params'>;
export type QueryOf<D> = Part<D, 'query'>;
export type HeadersOf<D> = Part<D, 'headers'>;
export type BodyOf<D> = Part<D, 'body'>;

/** Status and body of every answer that is not a problem, as a union. */
export type AnswerOf<D extends OperationDefinition> = {
  [S in keyof D['answers'] & number]: { readonly status: S; readonly body: AnswerBody<D['answers'][S]> };
}[keyof D['answers'] & number];

/** Anyone may call it, or anyone on the same machine; then it also takes any query, as probes and scrapers send. */
export function isOpen({ access }: Pick<OperationDefinition, 'access'>): boolean {
  return access === 'public' || access === 'loopback';
}

/** Every error code that the operation can answer with, those of its kind included. */
export function errorsOf(operation: OperationDefinition): readonly ErrorCode[] {
  const always: ErrorCode[] = ['internal'];
  if (operation.access !== 'public') always.push('unauthenticated');
  if (!isOpen(operation)) always.push('invalid_request');
  if (operation.access === 'write' || operation.access === 'admin') always.push('forbidden');
  if (operation.body) always.push('malformed_body', 'body_too_large', 'unsupported_media_type');
  return [...new Set([...always, ...operation.errors])];
}
