/**
 * A database that cannot be reached is no fault of the request: whoever asked is told to ask again, in the catalogue's
 * words, instead of hearing that something went wrong inside.
 */

import { GroundworkError } from '../domain/errors.ts';
import { StoreUnavailable } from '../ports/store.ts';
import type { App } from './app.ts';

/** The same app; whatever throws StoreUnavailable throws `not_ready`. Streams that have begun break as they did. */
export function sayNotReady(app: App): App {
  const wrapped = Object.entries(app).map(([name, useCase]) => [name, translated(useCase)] as const);
  return Object.fromEntries(wrapped) as unknown as App; // the same names and functions
}

function translated(useCase: (...input: never[]) => unknown): (...input: never[]) => unknown {
  return (...input) => {
    const answer = useCase(...input);
    return answer instanceof Promise ? answer.catch(rethrow) : answer;
  };
}

function rethrow(error: unknown): never {
  if (!(error instanceof StoreUnavailable)) throw error;
  throw new GroundworkError('not_ready', 'the database does not answer', { cause: error });
}
