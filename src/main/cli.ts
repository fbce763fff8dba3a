/**
 * The program: client commands, and those that start something.
 */

import { createCli } from '../doors/cli/create-cli.ts';
import { runCli } from '../doors/cli/run-cli.ts';
import { addDemo } from './demo-command.ts';
import { processWorld } from './process-world.ts';
import { addSimulate } from './simulate-command.ts';
import { addStart } from './start-command.ts';

const world = processWorld();
const program = createCli(world).enablePositionalOptions();
addStart(program, world);
addSimulate(program);
addDemo(program, world);
process.exitCode = await runCli(program, world, process.argv.slice(2));
