/**
 * The reference page of the command line: the help of every command as the program prints it.
 */

import type { Command } from 'commander';

const INTRODUCTION = `# Command line

<!-- Written from the program by a test; change src/doors/cli instead. -->

\`groundwork\` is a client of the HTTP API and of nothing else. It prints to a terminal in colour, redraws progress in
place, and prints plain lines when it is piped. \`--json\` prints exactly what the API answered.

| Exit code | Meaning |
| --- | --- |
| 0 | ok |
| 1 | the run that was watched did not succeed |
| 2 | the command line, or a file that it names, cannot be understood |
| 3 | no server could be reached |
| 4 | the server refused |
| 130 | stopped with Ctrl-C; what runs on the server goes on |`;

/** The page as Markdown. */
export function renderCliReference(program: Command): string {
  return `${[INTRODUCTION, ...sections(program, [])].join('\n\n')}\n`;
}

function sections(command: Command, parents: readonly string[]): string[] {
  const path = [...parents, command.name()];
  const own = `## ${path.join(' ')}\n\n\`\`\`text\n${helpOf(command).trimEnd()}\n\`\`\``;
  return [own, ...command.commands.flatMap((inner) => sections(inner, path))];
}

/** Without the global options, which the page shows once. */
function helpOf(command: Command): string {
  const help = command.createHelp();
  help.prepareContext({ helpWidth: 80 });
  help.showGlobalOptions = false;
  return help.formatHelp(command, help);
}
