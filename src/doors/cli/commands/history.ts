/**
 * `groundwork events` and `groundwork runs`: what happened to a deployment, and how far each run came.
 */

import type { DeploymentEvent, EventPage } from '../../../contract/event.ts';
import type { Run, RunList, RunNode } from '../../../contract/run.ts';
import { withSession } from '../command-action.ts';
import type { AddCommand } from '../command-action.ts';
import { formatSpan, formatTime } from '../display/duration.ts';
import { shortEventLines } from '../display/event-line.ts';
import { renderRecap } from '../display/play-output.ts';
import { renderDeploymentError } from '../display/render-deployment.ts';
import { renderTable } from '../display/render-table.ts';
import type { Color } from '../display/terminal-text.ts';
import { EXIT, ExitWith } from '../exit.ts';
import { findDeployment } from '../find-deployment.ts';
import type { Session } from '../session.ts';
import { shortIds } from '../short-ids.ts';
import { wholeNumber } from './list.ts';

const ID = 'id, its beginning, or name of a deployment';

interface EventsOptions {
  readonly follow?: boolean;
  readonly after?: number;
}

export const addEvents: AddCommand = (parent, world) => {
  parent
    .command('events')
    .summary('show what happened to a deployment')
    .description('Shows the events of a deployment, oldest first. With --follow and --json: one JSON object a line.')
    .argument('<id>', ID)
    .option('-f, --follow', 'go on until Ctrl-C')
    .option('--after <number>', 'only events after this number', wholeNumber)
    .action(
      withSession<EventsOptions>(world, async (session, [said = ''], options) => {
        const id = await findDeployment(session.client, said);
        await (options.follow === true ? followEvents(session, id, options) : listEvents(session, id, options));
      }),
    );
};

async function listEvents(session: Session, id: string, { after = 0 }: EventsOptions): Promise<void> {
  const items: DeploymentEvent[] = [];
  let page: EventPage = { items, next_after: after, end: false };
  do {
    const query = { after: page.next_after };
    page = await session.client.call('listEvents', { params: { id }, query });
    items.push(...page.items);
  } while (!page.end && page.items.length > 0);
  session.answer({ ...page, items }, () => items.flatMap((event) => shortEventLines(event, session.columns)));
}

async function followEvents(session: Session, id: string, { after = 0 }: EventsOptions): Promise<void> {
  const { client, io } = session;
  const stop = new AbortController();
  const stopListening = io.onInterrupt(() => stop.abort());
  try {
    for await (const event of client.streamEvents(id, { after, follow: true, signal: stop.signal })) {
      const lines = session.json ? [JSON.stringify(event)] : shortEventLines(event, session.columns);
      io.stdout.write(lines.map((line) => `${line}\n`).join(''));
    }
  } catch (error) {
    throw stop.signal.aborted ? new ExitWith(EXIT.interrupted) : error;
  } finally {
    stopListening();
  }
}

export const addRuns: AddCommand = (parent, world) => {
  parent
    .command('runs')
    .summary('show the runs of a deployment')
    .description('Lists the runs of a deployment; with the id of a run (or its beginning), every resource of that run.')
    .argument('<id>', ID)
    .argument('[run]', 'id of a run or its beginning; "last" for the newest')
    .action(
      withSession(world, async (session, [said = '', saidRun]) => {
        const id = await findDeployment(session.client, said);
        const runs = await session.client.call('listRuns', { params: { id } });
        if (saidRun === undefined) return session.answer(runs, (list) => runLines(list, session));
        const params = { id, run_id: findRun(runs, saidRun) };
        session.answer(await session.client.call('getRun', { params }), (run) => nodeLines(run, session));
      }),
    );
};

export function findRun({ items }: RunList, said: string): string {
  const found = said === 'last' ? items.slice(0, 1) : items.filter(({ id }) => id.startsWith(said.toLowerCase()));
  const [run] = found;
  if (run && found.length === 1) return run.id;
  const words = found.length === 0 ? `There is no run "${said}".` : `"${said}" fits ${found.length} runs.`;
  throw new ExitWith(found.length === 0 ? EXIT.refused : EXIT.usage, words);
}

function runLines({ items }: RunList, session: Session): string | string[] {
  if (session.quiet) return items.map(({ id }) => id);
  if (items.length === 0) return 'No runs.';
  const ids = shortIds(items.map(({ id }) => id));
  return renderTable(
    items,
    [
      { head: 'RUN', value: ({ id }) => ids.get(id) ?? id },
      { head: 'KIND', value: ({ kind }) => kind },
      { head: 'STATUS', value: ({ status }) => status },
      { head: 'DONE', value: ({ done, total }) => `${done}/${total}`, align: 'end' },
      { head: 'STARTED', value: ({ started_at: at }) => (at === null ? '-' : formatTime(at)) },
      { head: 'TOOK', value: (run) => formatSpan(run.started_at, run.finished_at), align: 'end' },
    ],
    session,
  );
}

const STATE_COLORS: Readonly<Record<RunNode['state'], Color>> = {
  pending: 'dim',
  running: 'cyan',
  waiting: 'cyan',
  retrying: 'yellow',
  done: 'green',
  failed: 'red',
  skipped: 'dim',
};

function nodeLines(run: Run, session: Session): string[] {
  const table = renderTable(
    run.nodes,
    [
      { head: 'RESOURCE', value: ({ key }) => key },
      { head: 'ACTION', value: ({ does, phase }) => (phase === 'rollback' ? `undo: ${does}` : does) },
      {
        head: 'STATE',
        value: ({ state }) => state,
        color: (node, text, paint) => paint(STATE_COLORS[node.state], text),
      },
      { head: 'TRIES', value: ({ attempt }) => String(attempt), align: 'end', optional: true },
      { head: 'TOOK', value: (node) => formatSpan(node.started_at, node.finished_at), align: 'end' },
      { head: 'DETAIL', value: ({ error, detail }) => error?.message ?? detail ?? '', shrinks: true },
    ],
    session,
  );
  const error = run.error ? ['', ...renderDeploymentError(run.error, session)] : [];
  const recap = renderRecap(run.result, session);
  const head = `Run ${run.id}: ${run.kind} ${run.status}, ${run.done}/${run.total} done`;
  return [head, '', ...table, ...error, ...(recap.length === 0 ? [] : ['', ...recap])];
}
