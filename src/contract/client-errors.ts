/**
 * What a call of the API client can fail with: the server refused (ApiProblem), or there was no answer of a Groundwork
 * server at all (ServerUnreachable). A program tells the two apart, because only the first was understood.
 */

import type { Problem } from './problem.ts';

/** The server answered with a problem. */
export class ApiProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.title}: ${problem.detail}`);
    this.name = 'ApiProblem';
    this.problem = problem;
  }
}

/** No answer, or one that no Groundwork server gives. */
export class ServerUnreachable extends Error {
  readonly baseUrl: string;
  /** Why, in the words of whatever failed first, for example `connect ECONNREFUSED 127.0.0.1:8080`. */
  readonly reason: string;

  constructor(baseUrl: string, why: { readonly cause: unknown } | { readonly reason: string }) {
    super(`No Groundwork server answers at ${baseUrl}`, 'cause' in why ? { cause: why.cause } : undefined);
    this.name = 'ServerUnreachable';
    this.baseUrl = baseUrl;
    this.reason = 'cause' in why ? rootMessage(why.cause) : why.reason;
  }
}

/** `fetch` hides the reason in its cause; a failure on several addresses is an AggregateError without a message. */
function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return rootMessage(error.errors[0]);
  return error.cause instanceof Error ? rootMessage(error.cause) : error.message;
}
