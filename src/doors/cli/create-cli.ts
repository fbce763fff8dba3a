/**
 * The command line: a client of the HTTP API and of nothing else. Commands that are no clients (`start`, `simulate`,
 * `demo`) are added to the same program by `main/`.
 */

import { Command, Option } from 'commander';

import type { CliWorld } from './cli-io.ts';
import { addScale, addUpdate } from './commands/change.ts';
import { addConfigure } from './commands/configure.ts';
import { addDeploy } from './commands/deploy.ts';
import { addCancel, addDelete, addGet, addRetry, addWatch } from './commands/deployment.ts';
import { addDrift } from './commands/drift.ts';
import { addEvents, addRuns } from './commands/history.ts';
import { addList } from './commands/list.ts';
import { addKeys, addRegions } from './commands/server.ts';
import { addTemplates } from './commands/templates.ts';
import { addWebhooks } from './commands/webhooks.ts';
import { addWhy } from './commands/why.ts';
import { DEFAULT_SERVER } from './session.ts';

const COMMANDS = [
  addDeploy,
  addList,
  addGet,
  addWatch,
  addScale,
  addUpdate,
  addConfigure,
  addDrift,
  addWhy,
  addDelete,
  addCancel,
  addRetry,
  addEvents,
  addRuns,
  addTemplates,
  addRegions,
  addWebhooks,
  addKeys,
];

const EPILOGUE = `
Exit codes: 0 ok, 1 the watched run failed, 2 usage, 3 cannot reach the
server, 4 refused by the server.`;

/** The program with all client commands. Run it with `runCli`. */
export function createCli(world: CliWorld): Command {
  const { io, version } = world;
  const program = new Command('groundwork')
    .description('Deploys networks and servers, durably, and shows it as it happens.')
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => 80,
      getErrHelpWidth: () => 80,
    })
    .showHelpAfterError('Add --help to see what is possible.')
    .addHelpText('after', EPILOGUE)
    .exitOverride();
  program
    .addOption(new Option('--server <url>', `address of the server (default: GROUNDWORK_URL or ${DEFAULT_SERVER})`))
    .addOption(
      new Option('--key <key>', 'API key (default: GROUNDWORK_KEY, or the key file of a server on this machine)'),
    )
    .option('--json', 'print the JSON of the API and nothing else')
    .option('-q, --quiet', 'print only what a script needs, for example ids')
    .option('--no-color', 'no colours; NO_COLOR does the same');
  for (const add of COMMANDS) add(program, world);
  return program;
}
