/**
 * `groundwork configure`: play an Ansible playbook on the servers of a deployment.
 */

import type { ConfigureBody } from '../../../contract/configure.ts';
import { sendFile, withSession } from '../command-action.ts';
import type { AddCommand } from '../command-action.ts';
import { readExtraVars } from '../extra-vars.ts';
import { EXIT, ExitWith } from '../exit.ts';
import { findDeployment } from '../find-deployment.ts';
import { reportOrWatch } from '../report-accepted.ts';
import { readRequestFile } from '../request-file.ts';
import type { RequestFile } from '../request-file.ts';
import type { Session } from '../session.ts';
import { findRun } from './history.ts';

interface ConfigureOptions {
  readonly extraVars?: readonly string[];
  readonly secretVar?: readonly string[];
  readonly limit?: string;
  readonly inventory?: string;
  readonly rerun?: string;
  readonly watch?: boolean;
}

export const addConfigure: AddCommand = (parent, world) => {
  parent
    .command('configure')
    .summary('play an Ansible playbook on the servers')
    .description(
      'Plays an Ansible playbook of the server on the servers of a deployment. Without an inventory there is one group for each tier.',
    )
    .argument('<id>', 'id, its beginning, or name of a deployment')
    .argument('[playbook]', 'file in the playbooks directory of the server')
    .option('-e, --extra-vars <vars>', 'k=v, @file or a JSON map; repeatable', collect)
    .option('--secret-var <name>', 'mask the value of this variable; repeatable', collect)
    .option('-l, --limit <pattern>', 'only on these hosts and groups')
    .option('-i, --inventory <file>', 'file of group → addresses, servers or tiers')
    .option('--rerun <run>', 'the very same inputs as an earlier run; "last" for the newest')
    .option('-w, --watch', 'watch what it prints until it is done')
    .action(
      withSession<ConfigureOptions>(world, async (session, [said = '', playbook], options) => {
        checkWords(playbook, options);
        const { body, inventory } = await bodyFrom(session, playbook, options);
        const id = await findDeployment(session.client, said);
        const rerun = options.rerun === undefined ? {} : { rerun: await findPlay(session, id, options.rerun) };
        const call = { params: { id }, body: { ...body, ...rerun } };
        const { run_id: runId } = await sendFile(inventory, () => session.client.call('configureDeployment', call));
        const words = `${said} is being configured`;
        await reportOrWatch(session, { answer: { id, run_id: runId }, said, words, watch: options.watch });
      }),
    );
};

function checkWords(playbook: string | undefined, { rerun, extraVars, limit, inventory }: ConfigureOptions): void {
  const isGiven = [playbook, extraVars, limit, inventory].some((one) => one !== undefined);
  if (rerun === undefined && playbook === undefined) throw new ExitWith(EXIT.usage, 'Say which playbook, or --rerun.');
  if (rerun !== undefined && isGiven) {
    throw new ExitWith(EXIT.usage, '--rerun takes everything from the earlier run; say nothing else beside it.');
  }
}

interface Given {
  readonly body: ConfigureBody;
  readonly inventory: RequestFile | undefined;
}

async function bodyFrom({ io }: Session, playbook: string | undefined, options: ConfigureOptions): Promise<Given> {
  const file = options.inventory === undefined ? undefined : await readRequestFile(io, options.inventory);
  const extraVars = await readExtraVars(io, options.extraVars ?? []);
  const fields = {
    playbook,
    inventory: file?.body,
    extra_vars: extraVars,
    secret_vars: options.secretVar,
    limit: options.limit,
  };
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { body: Object.fromEntries(given), inventory: file && underInventory(file) }; // the server validates it
}

/** The file is the inventory, which is a part of the request. */
function underInventory(file: RequestFile): RequestFile {
  const prefix = '/inventory';
  return {
    body: file.body,
    locate: (pointer) => (pointer.startsWith(`${prefix}/`) ? file.locate(pointer.slice(prefix.length)) : undefined),
  };
}

/** The id of a run that played something. @throws ExitWith */
async function findPlay({ client }: Session, id: string, said: string): Promise<string> {
  const { items } = await client.call('listRuns', { params: { id } });
  return findRun({ items: items.filter(({ kind }) => kind === 'configure') }, said);
}

function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}
