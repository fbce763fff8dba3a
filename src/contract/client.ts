/**
 * A typed client of the HTTP API, derived from the operation table: what a call needs and what it answers is read from
 * the same rows that the server is built from. It knows no platform: `fetch` is an argument.
 */

import type { TSchema } from 'typebox';
import { ApiProblem, ServerUnreachable } from './client-errors.ts';
import type { DeploymentEvent } from './event.ts';
import { followEventStream } from './follow-event-stream.ts';
import type { FollowOptions } from './follow-event-stream.ts';
import type { AnswerOf, BodyOf, HeadersOf, OperationDefinition, ParamsOf, QueryOf } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import type { OperationId, Operations } from './operations.ts';
import { PROBLEM_TYPE_PREFIX } from './problem.ts';
import type { Problem } from './problem.ts';

export interface ApiClientOptions {
  /** For example `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  /** API key; absent for the public operations. */
  readonly key?: string;
  readonly fetch: typeof fetch;
}

type Needed<D, K extends 'params' | 'body', T> = D extends { readonly [key in K]: TSchema }
  ? { readonly [key in K]: T }
  : unknown;
type Possible<D, K extends 'query' | 'headers', T> = D extends { readonly [key in K]: TSchema }
  ? { readonly [key in K]?: { readonly [name in keyof T]?: T[name] | undefined } }
  : unknown;

/** What a call of the operation takes; query parameters with a default may be left out. */
export type CallInput<Id extends OperationId> = Needed<Operations[Id], 'params', ParamsOf<Operations[Id]>> &
  Needed<Operations[Id], 'body', BodyOf<Operations[Id]>> &
  Possible<Operations[Id], 'query', QueryOf<Operations[Id]>> &
  Possible<Operations[Id], 'headers', HeadersOf<Operations[Id]>> & { readonly signal?: AbortSignal };

/** What it answers; a union where the operation has several answers. */
export type CallAnswer<Id extends OperationId> = AnswerOf<Operations[Id]>['body'];

export interface ApiClient {
  /**
   * Calls one operation.
   * @throws ApiProblem when the server refused; ServerUnreachable when no Groundwork server answered; the reason of
   * `signal` when it was aborted.
   */
  call<Id extends OperationId>(id: Id, input: CallInput<Id>): Promise<CallAnswer<Id>>;
  /**
   * The events of a deployment, each once and in order, until no run is active (or for ever with `follow`). A lost
   * connection is taken up again where it broke.
   * @throws ApiProblem, ServerUnreachable (after all attempts), or the reason of `signal`.
   */
  streamEvents(deploymentId: string, options?: FollowOptions): AsyncGenerator<DeploymentEvent, void, undefined>;
}

interface LooseInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export function createApiClient(options: ApiClientOptions): ApiClient {
  const baseUrl = options.baseUrl.replace(/\/+$/, '');
  const connection = { ...options, baseUrl };
  return {
    call: async (id, input) => {
      const response = await send(connection, OPERATIONS[id], input);
      return (await readAnswer(baseUrl, OPERATIONS[id], response)) as CallAnswer<typeof id>; // the server's own schema
    },
    streamEvents: (deploymentId, follow = {}) => {
      const open = async (query: object, headers: object, signal: AbortSignal): Promise<Response> => {
        const input = { params: { id: deploymentId }, query, headers, signal } as LooseInput;
        const response = await send(connection, OPERATIONS.listEvents, input);
        if (response.status !== 200) await readAnswer(baseUrl, OPERATIONS.listEvents, response);
        return response;
      };
      return followEventStream(baseUrl, open, follow);
    },
  };
}

async function send(connection: ApiClientOptions, operation: OperationDefinition, input: LooseInput) {
  const { baseUrl, key } = connection;
  const headers = new Headers({ accept: 'application/json' });
  if (key !== undefined) headers.set('x-api-key', key);
  if (input.body !== undefined) headers.set('content-type', 'application/json');
  for (const [name, value] of present(input.headers)) headers.set(name, value);
  const body = input.body === undefined ? null : JSON.stringify(input.body);
  const signal = input.signal ?? null;
  const url = baseUrl + requestPath(operation.path, input);
  try {
    return await connection.fetch(url, { method: operation.method, headers, body, signal });
  } catch (error) {
    throw input.signal?.aborted === true ? error : new ServerUnreachable(baseUrl, { cause: error });
  }
}

function requestPath(template: string, input: LooseInput): string {
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(input.params?.[name] ?? ''));
  const query = new URLSearchParams();
  for (const [name, value] of present(input.query)) query.set(name, String(value));
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

function present<T>(fields: Readonly<Record<string, T | undefined>> | undefined): [string, T][] {
  return Object.entries(fields ?? {}).filter((entry): entry is [string, T] => entry[1] !== undefined);
}

async function readAnswer(baseUrl: string, operation: OperationDefinition, response: Response): Promise<unknown> {
  const text = await response.text().catch((cause: unknown) => {
    throw new ServerUnreachable(baseUrl, { cause });
  });
  const answer = operation.answers[response.status];
  if (answer?.schema === undefined && answer !== undefined) return undefined;
  if (answer?.mediaType?.startsWith('text/')) return text;
  const json = parseJson(text);
  if (answer !== undefined && json !== undefined) return json;
  if (isProblem(json)) throw new ApiProblem(json);
  const type = response.headers.get('content-type') ?? 'no content type';
  throw new ServerUnreachable(baseUrl, { reason: `the answer was ${response.status} with ${type}` });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a proxy's error page, for example: the caller tells its status and media type
  }
}

function isProblem(json: unknown): json is Problem {
  const type = (json as { type?: unknown } | null | undefined)?.type;
  return typeof type === 'string' && type.startsWith(PROBLEM_TYPE_PREFIX);
}
