/**
 * `groundwork list`: deployments as a table.
 */

import { InvalidArgumentError } from 'commander';

import type { DeploymentPage, DeploymentSummary, ListDeploymentsQuery } from '../../../contract/deployment.ts';
import { withSession } from '../command-action.ts';
import type { AddCommand } from '../command-action.ts';
import { formatTime } from '../display/duration.ts';
import { paintStatus } from '../display/render-deployment.ts';
import { renderTable } from '../display/render-table.ts';
import { countOf } from '../display/resource-words.ts';
import { allDeployments } from '../find-deployment.ts';
import { isActive } from '../run-state.ts';
import type { Session } from '../session.ts';
import { shortIds } from '../short-ids.ts';

interface ListOptions {
  readonly status?: string;
  readonly region?: string;
  readonly template?: string;
  readonly name?: string;
  readonly limit?: number;
  readonly cursor?: string;
  readonly all?: boolean;
}

export const addList: AddCommand = (parent, world) => {
  parent
    .command('list')
    .alias('ls')
    .summary('list deployments')
    .description('Lists deployments, newest first. Deleted ones only with --status DELETED.')
    .option('-s, --status <status>', 'only in this state, for example COMPLETED')
    .option('-r, --region <name>', 'only in this region')
    .option('-t, --template <name>', 'only of this template')
    .option('-n, --name <name>', 'only with exactly this name')
    .option('--limit <number>', 'at most so many (1 to 200, default 50)', wholeNumber)
    .option('--cursor <text>', 'next page, as --json gives it')
    .option('-a, --all', 'all pages')
    .action(
      withSession<ListOptions>(world, async (session, _, options) => {
        const page = options.all === true ? await everyPage(session, options) : await onePage(session, options);
        session.answer(page, (shown) => listLines(shown, session));
      }),
    );
};

function filters({ status, region, template, name }: ListOptions) {
  // The server refuses a word that is no status, and says which there are.
  return { status: status?.toUpperCase() as ListDeploymentsQuery['status'], cloud_region: region, template, name };
}

function onePage({ client }: Session, options: ListOptions): Promise<DeploymentPage> {
  const { limit, cursor } = options;
  return client.call('listDeployments', { query: { ...filters(options), limit, cursor } });
}

async function everyPage({ client }: Session, options: ListOptions): Promise<DeploymentPage> {
  const items: DeploymentSummary[] = [];
  for await (const deployment of allDeployments(client, filters(options))) items.push(deployment);
  return { items, total: items.length, next: null };
}

function listLines({ items, total }: DeploymentPage, session: Session): string | string[] {
  if (session.quiet) return items.map(({ id }) => id);
  if (items.length === 0) return 'No deployments.';
  const ids = shortIds(items.map(({ id }) => id));
  const table = renderTable(
    items,
    [
      { head: 'ID', value: ({ id }) => ids.get(id) ?? id },
      { head: 'NAME', value: ({ name }) => name, shrinks: true },
      { head: 'STATUS', value: statusWords, color: (row, text, paint) => paintStatus(row.status, text, paint) },
      { head: 'TEMPLATE', value: ({ template, template_version: v }) => `${template}@${v}`, shrinks: true },
      { head: 'REGION', value: ({ cloud_region: region }) => region, shrinks: true },
      { head: 'CREATED', value: ({ created_at: at }) => formatTime(at), optional: true },
    ],
    session,
  );
  const more = total > items.length ? [`${items.length} of ${countOf(total, 'deployment')}; --all shows the rest`] : [];
  return [...table, ...more];
}

function statusWords({ status, progress }: DeploymentSummary): string {
  return progress && isActive(progress.run_status) ? `${status} ${progress.done}/${progress.total}` : status;
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
