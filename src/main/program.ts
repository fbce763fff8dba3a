/**
 * The whole command line: the commands that are clients of the API, and those that start something. One place, so that
 * the program and its reference page cannot differ.
 */

import type { Command } from 'commander';
import type { CliWorld } from '../doors/cli/cli-io.ts';
import { createCli } from '../doors/cli/create-cli.ts';
import { addDemo } from './demo-command.ts';
import { addSimulate } from './simulate-command.ts';
import { addStart } from './start-command.ts';

export function createProgram(world: CliWorld): Command {
  const program = createCli(world);
  addStart(program, world);
  addSimulate(program);
  addDemo(program, world);
  return program;
}
