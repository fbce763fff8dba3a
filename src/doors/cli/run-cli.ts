/**
 * Runs one command line and turns whatever happened into an exit code and a few lines on standard error.
 */

import { CommanderError } from 'commander';
import type { Command } from 'commander';

import { ApiProblem, ServerUnreachable } from '../../contract/client-errors.ts';
import type { Problem } from '../../contract/problem.ts';
import type { CliWorld } from './cli-io.ts';
import { RefusedFile } from './command-action.ts';
import { renderProblem } from './display/render-problem.ts';
import { createPaint, plain } from './display/terminal-text.ts';
import { EXIT, ExitWith } from './exit.ts';
import type { RequestFile } from './request-file.ts';
import type { GlobalOptions } from './session.ts';

/** @param words the command line without program and script. @returns the exit code; nothing is thrown */
export async function runCli(program: Command, world: CliWorld, words: readonly string[]): Promise<number> {
  try {
    program.setOptionValueWithSource('words', words, 'implied');
    await program.parseAsync([...words], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    return report(error, world, program.opts<GlobalOptions>());
  }
}

function report(error: unknown, world: CliWorld, options: GlobalOptions): number {
  const { stderr } = world.io;
  const complain = (text: string): void => void (text !== '' && stderr.write(`${text}\n`));
  // Commander has already said what is wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof RefusedFile) return refused(error.problem, { world, options, locate: error.locate });
  if (error instanceof ApiProblem) return refused(error.problem, { world, options });
  if (error instanceof ServerUnreachable) {
    complain(`Cannot reach a server at ${error.baseUrl}: ${plain(error.reason)}`);
    complain('Start one with: groundwork start. Name another with --server or GROUNDWORK_URL.');
    return EXIT.unreachable;
  }
  if (error instanceof ExitWith) {
    complain(error.message);
    return error.code;
  }
  complain(`Something went wrong inside: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return EXIT.failed;
}

interface Refusal {
  readonly world: CliWorld;
  readonly options: GlobalOptions;
  readonly locate?: RequestFile['locate'];
}

/** The problem for a person on standard error; under `--json` also as it came, on standard output. */
function refused(problem: Problem, { world, options, locate }: Refusal): number {
  const { io, env } = world;
  if (options.json === true) io.stdout.write(`${JSON.stringify(problem, undefined, 2)}\n`);
  const color = io.stderr.isTTY === true && !env['NO_COLOR'] && options.color !== false;
  const columns = Math.max(40, io.stderr.columns ?? 80);
  const lines = renderProblem(problem, { columns, paint: createPaint(color), locate });
  if (problem.code === 'unauthenticated') lines.push(KEY_PLACES);
  io.stderr.write(lines.map((line) => `${line}\n`).join(''));
  return EXIT.refused;
}

const KEY_PLACES = `  The key is taken from --key, GROUNDWORK_KEY, or .groundwork/admin.key for a
  server on this machine (GROUNDWORK_DATA_DIR names another data directory).`;
