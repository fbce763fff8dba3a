/**
 * `groundwork simulate openstack`: the simulator as a program of its own. It is started as a process and not imported:
 * simulators share nothing with the rest of the house.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Command } from 'commander';
import { EXIT, ExitWith } from '../doors/cli/exit.ts';
import { PACKAGE_ROOT } from './package-root.ts';

const PROGRAM = join(PACKAGE_ROOT, 'dist', 'simulators', 'openstack', 'main.js');

export function addSimulate(program: Command): void {
  program
    .command('simulate')
    .summary('run a simulated cloud')
    .description(
      'Runs a simulated cloud in the foreground. What follows the name is for the simulator; openstack --help tells.',
    )
    .argument('<cloud>', 'openstack')
    .argument('[words...]', 'options of the simulator')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (cloud: string, words: string[]) => {
      if (cloud !== 'openstack')
        throw new ExitWith(EXIT.usage, `There is no simulator for "${cloud}". Use: openstack.`);
      await runInForeground(words);
    });
}

async function runInForeground(words: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, ...words], { stdio: 'inherit' });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, forward);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== null && code !== 0) throw new ExitWith(code === EXIT.usage ? EXIT.usage : EXIT.failed);
}
