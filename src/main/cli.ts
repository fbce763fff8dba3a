/**
 * The program's entry: the command line of this process, run once.
 */

import { runCli } from '../doors/cli/run-cli.ts';
import { processWorld } from './process-world.ts';
import { createProgram } from './program.ts';

const world = processWorld();
process.exitCode = await runCli(createProgram(world), world, process.argv.slice(2));
