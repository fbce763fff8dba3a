/**
 * `groundwork drift`: see where the cloud is not as it should be, accept it, or put it right.
 */

import { withSession } from '../command-action.ts';
import type { AddCommand } from '../command-action.ts';
import { renderDrift } from '../display/render-drift.ts';
import { EXIT, ExitWith } from '../exit.ts';
import { findDeployment } from '../find-deployment.ts';
import { reportOrWatch } from '../report-accepted.ts';
import type { Session } from '../session.ts';

interface DriftOptions {
  readonly refresh?: boolean;
  /** True: all of it. */
  readonly accept?: true | readonly string[];
  readonly heal?: boolean;
  readonly force?: boolean;
  readonly watch?: boolean;
}

export const addDrift: AddCommand = (parent, world) => {
  parent
    .command('drift')
    .summary('show, accept or heal what is not as it should be')
    .description(
      'Shows where the cloud is not as it should be, as of the last look. What is accepted is neither reported nor healed until it changes again.',
    )
    .argument('<id>', 'id, its beginning, or name of a deployment')
    .option('--refresh', 'look now')
    .option('--accept [key...]', 'leave these as they are; without keys all of them')
    .option('--heal', 'bring the cloud back to what is wanted')
    .option('--force', 'heal although much of the region looks missing')
    .option('-w, --watch', 'watch the healing until it is done')
    .action(
      withSession<DriftOptions>(world, async (session, [said = ''], options) => {
        if (options.heal === true && options.accept !== undefined) {
          throw new ExitWith(EXIT.usage, 'Say one of --accept and --heal.');
        }
        const id = await findDeployment(session.client, said);
        await (options.heal === true ? heal(session, { id, said }, options) : show(session, { id, said }, options));
      }),
    );
};

interface Meant {
  readonly id: string;
  readonly said: string;
}

async function show({ client, ...session }: Session, { id, said }: Meant, options: DriftOptions): Promise<void> {
  const params = { id };
  const query = { refresh: options.refresh };
  const look = () => client.call('getDrift', { params, query });
  if (options.accept !== undefined && options.refresh === true) await look();
  const body = options.accept === true ? {} : { keys: options.accept ?? [] };
  const report = options.accept === undefined ? await look() : await client.call('acceptDrift', { params, body });
  const keys = report.findings.filter(({ accepted }) => !accepted).map(({ key }) => key);
  session.answer(report, () => (session.quiet ? keys : renderDrift(report, said, session)));
}

async function heal(session: Session, { id, said }: Meant, { force, watch }: DriftOptions): Promise<void> {
  const answer = await session.client.call('healDeployment', { params: { id }, query: { force } });
  if ('run_id' in answer) {
    return reportOrWatch(session, { answer, said, words: `${said} is being healed`, watch });
  }
  session.answer(answer, () => (session.quiet ? [] : `${said} is as it should be: nothing to heal`));
}
