/**
 * What a handler is: one function an operation, typed by the operation's row of the contract. It translates a request
 * into one call of the app and the result into one of the answers of its row; a missing handler does not compile.
 */

import type { Caller } from '../../app/app.ts';
import type { AnswerOf, BodyOf, HeadersOf, ParamsOf, QueryOf } from '../../contract/operation.ts';
import type { OperationId, Operations } from '../../contract/operations.ts';
import type { EventStream } from './event-stream.ts';

type IsAnonymous<Id extends OperationId> = Operations[Id]['access'] extends 'public' | 'loopback' ? true : false;

export interface OperationRequest<Id extends OperationId> {
  readonly params: ParamsOf<Operations[Id]>;
  readonly query: QueryOf<Operations[Id]>;
  readonly headers: HeadersOf<Operations[Id]>;
  readonly body: BodyOf<Operations[Id]>;
  readonly caller: IsAnonymous<Id> extends true ? undefined : Caller;
  /** The request asks for `text/event-stream` and its method may have a body. */
  readonly wantsStream: boolean;
}

type StreamOf<Id extends OperationId> = Operations[Id]['answers'] extends { 200: { streams: true } }
  ? EventStream
  : never;

export type Handler<Id extends OperationId> = (
  request: OperationRequest<Id>,
) => Promise<AnswerOf<Operations[Id]> | StreamOf<Id>>;

export type Handlers = { readonly [Id in OperationId]: Handler<Id> };
