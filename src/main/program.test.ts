import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';

import { worldOf } from '../doors/cli/testing/run-command.ts';
import { createProgram } from './program.ts';

const program = createProgram(worldOf({ stdout: '', stderr: '' }));

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

describe('help', () => {
  it('knows the commands that start something as well as those that are clients', () => {
    const names = program.commands.map((command) => command.name());
    expect(names).toEqual(expect.arrayContaining(['deploy', 'start', 'simulate', 'demo']));
  });

  it.each(everyCommand(program).map((command) => [command.name(), command] as const))(
    'of %s fits 80 columns',
    (_, command) => {
      for (const line of command.helpInformation().split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    },
  );
});
