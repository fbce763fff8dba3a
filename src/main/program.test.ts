import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';

import { EXIT } from '../doors/cli/exit.ts';
import { runCli } from '../doors/cli/run-cli.ts';
import { worldOf } from '../doors/cli/testing/run-command.ts';
import { createProgram } from './program.ts';

/** The options that all commands have; the server is one that nobody runs. */
const UNREACHABLE = ['--server', 'http://127.0.0.1:1'];

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

describe('options of all commands', () => {
  it.each([
    ['before the command', [...UNREACHABLE, '--json', 'get', 'x']],
    ['after it', ['get', 'x', '--json', ...UNREACHABLE]],
  ])('may stand %s', async (_, words) => {
    const world = worldOf({ stdout: '', stderr: '' });
    expect(await runCli(createProgram(world), world, words)).toBe(EXIT.unreachable);
  });
});
