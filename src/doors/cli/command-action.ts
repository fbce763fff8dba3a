/**
 * What all client commands have in common: an action gets a session and the words of the command line.
 */

import type { Command } from 'commander';

import { ApiProblem } from '../../contract/client-errors.ts';
import type { Problem } from '../../contract/problem.ts';
import type { CliWorld } from './cli-io.ts';
import type { RequestFile } from './request-file.ts';
import { openSession } from './session.ts';
import type { GlobalOptions, Session } from './session.ts';

export type AddCommand = (parent: Command, world: CliWorld) => void;

/** An action for commander: `run` gets the session, the operands and the command's own options. */
export function withSession<Options>(
  world: CliWorld,
  run: (session: Session, operands: readonly string[], options: Options) => Promise<void>,
): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    const command = given.at(-1) as Command; // commander gives operands, options, command
    const session = await openSession(world, command.optsWithGlobals<GlobalOptions>());
    await run(session, command.args, command.opts() as Options); // the command declares them
  };
}

/** A refusal of what a file said, which therefore can be shown at its line. */
export class RefusedFile extends Error {
  readonly problem: Problem;
  readonly locate: RequestFile['locate'];

  constructor(cause: ApiProblem, locate: RequestFile['locate']) {
    super(cause.message, { cause });
    this.name = 'RefusedFile';
    this.problem = cause.problem;
    this.locate = locate;
  }
}

/** Sends what came from a file. @throws RefusedFile instead of ApiProblem */
export async function sendFile<T>(file: RequestFile | undefined, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw file && error instanceof ApiProblem ? new RefusedFile(error, file.locate) : error;
  }
}
