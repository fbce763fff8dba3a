/**
 * Commands on one deployment: look at it, watch it, delete it, cancel its run, try it again.
 */

import { withSession } from '../command-action.ts';
import type { AddCommand } from '../command-action.ts';
import { renderDeployment } from '../display/render-deployment.ts';
import { EXIT, ExitWith } from '../exit.ts';
import { findDeployment } from '../find-deployment.ts';
import { reportOrWatch } from '../report-accepted.ts';
import type { Session } from '../session.ts';
import { watchAndReport } from '../watch-deployment.ts';
import { whenReady } from '../when-ready.ts';

const ID = 'id, its beginning, or name of a deployment';

interface WatchOption {
  readonly watch?: boolean;
}

export const addGet: AddCommand = (parent, world) => {
  parent
    .command('get')
    .summary('show a deployment')
    .description('Shows a deployment: its state, what it owns in the cloud, the addresses of its servers.')
    .argument('<id>', ID)
    .option('--at <time>', 'as it was then: 2026-11-21T10:00:00Z', pointInTime)
    .action(
      withSession<{ at?: string }>(world, async (session, [said = ''], { at }) => {
        const id = await findDeployment(session.client, said);
        const deployment = await session.client.call('getDeployment', { params: { id }, query: { at } });
        session.answer(deployment, (shown) => (session.quiet ? shown.status : renderDeployment(shown, session)));
      }),
    );
};

/** A time without a zone is taken for UTC, as all times are shown. */
function pointInTime(text: string): string {
  const withTime = text
    .trim()
    .replace(/^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(?=$|[Z+-])/, '$1T$2:00')
    .replace(' ', 'T');
  const at = /(Z|[+-]\d\d:\d\d)$/i.test(withTime) ? withTime : `${withTime}Z`;
  if (!/^\d{4}-\d\d-\d\dT/.test(at) || Number.isNaN(Date.parse(at))) {
    throw new ExitWith(EXIT.usage, `--at ${text}: write a time as 2026-11-21T10:00:00Z`);
  }
  return at;
}

export const addWatch: AddCommand = (parent, world) => {
  parent
    .command('watch')
    .summary('watch a deployment until nothing more happens')
    .description(
      'Shows progress until no run is active; of a deployment at rest, the newest run. Ctrl-C stops watching, not the run. Ends with 1 when the run failed.',
    )
    .argument('<id>', ID)
    .action(
      withSession(world, async (session, [said = '']) => {
        const id = await whenReady(() => findDeployment(session.client, said));
        await watchAndReport(session, id);
      }),
    );
};

export const addDelete: AddCommand = (parent, world) => {
  parent
    .command('delete')
    .alias('rm')
    .summary('delete a deployment and everything it owns')
    .description(
      'Deletes a deployment and everything it owns in the cloud. A run in progress is cancelled in order first.',
    )
    .argument('<id>', ID)
    .option('-w, --watch', 'watch until it is gone')
    .option('-y, --yes', 'do not ask; it is asked only at a terminal')
    .action(
      withSession<WatchOption & { yes?: boolean }>(world, async (session, [said = ''], options) => {
        const id = await findDeployment(session.client, said);
        if (options.yes !== true && !session.json) await confirmDelete(session, id);
        const answer = await session.client.call('deleteDeployment', { params: { id } });
        await reportOrWatch(session, { answer, said, words: `${said} is being deleted`, watch: options.watch });
      }),
    );
};

/** Asks when somebody is there to answer; a script has decided already. */
async function confirmDelete({ client, io }: Session, id: string): Promise<void> {
  if (io.stdout.isTTY !== true) return;
  const { name, cloud_region: region, resources } = await client.call('getDeployment', { params: { id } });
  const servers = resources.vm_ids.length;
  const answer = await io.ask(`Delete ${name} in ${region} with ${servers} servers? Type yes: `);
  if (answer === undefined || /^y(es)?$/i.test(answer.trim())) return;
  throw new ExitWith(EXIT.usage, 'Nothing was deleted.');
}

export const addCancel: AddCommand = (parent, world) => {
  parent
    .command('cancel')
    .summary('cancel the run in progress and undo what it made')
    .description(
      'Cancels the run in progress: what is in flight is awaited, then everything that the run made is removed.',
    )
    .argument('<id>', ID)
    .option('-w, --watch', 'watch until it is undone; ends with 0 when it is')
    .action(
      withSession<WatchOption>(world, async (session, [said = ''], { watch }) => {
        const id = await findDeployment(session.client, said);
        const answer = await session.client.call('cancelDeployment', { params: { id } });
        const words = `${said}: cancel requested`;
        await reportOrWatch(session, { answer, said, words, watch, wants: 'cancelled' });
      }),
    );
};

export const addRetry: AddCommand = (parent, world) => {
  parent
    .command('retry')
    .summary('go on with a run that failed or is held')
    .description(
      'Goes on with the last run, which failed or is held, from what failed on; what stands already is kept. Also takes up a failed change.',
    )
    .argument('<id>', ID)
    .option('-w, --watch', 'watch until it is done')
    .action(
      withSession<WatchOption>(world, async (session, [said = ''], options) => {
        const id = await findDeployment(session.client, said);
        const answer = await session.client.call('retryDeployment', { params: { id } });
        await reportOrWatch(session, { answer, said, words: `${said} is tried again`, watch: options.watch });
      }),
    );
};
