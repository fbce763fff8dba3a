import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';

import { renderCliReference } from './cli-reference.ts';
import { createCli } from './create-cli.ts';
import { worldOf } from './testing/run-command.ts';

const program = createCli(worldOf({ stdout: '', stderr: '' }));

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

describe('help', () => {
  it.each(everyCommand(program).map((command) => [command.name(), command] as const))(
    'of %s fits 80 columns',
    (_, command) => {
      for (const line of command.helpInformation().split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    },
  );

  it('is what the committed reference page says', async () => {
    await expect(renderCliReference(program)).toMatchFileSnapshot('../../../docs/reference/cli.md');
  });
});
