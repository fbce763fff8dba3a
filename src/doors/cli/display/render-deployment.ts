/**
 * A deployment for a person: its state, its servers by tier with their addresses, and, when it failed, why and what is
 * left over.
 */

import type { Deployment, DeploymentError, TierMember } from '../../../contract/deployment.ts';
import type { RunSummary } from '../../../contract/run.ts';
import { callable } from '../callable.ts';
import { formatDuration, formatTime } from './duration.ts';
import { renderRecap } from './play-output.ts';
import { renderTable } from './render-table.ts';
import type { Column } from './render-table.ts';
import { countOf } from './resource-words.ts';
import { createPaint, cut, plain, wrap } from './terminal-text.ts';
import type { Color, Paint } from './terminal-text.ts';
import type { RenderOptions } from './render-plan.ts';

interface Page {
  readonly columns: number;
  readonly paint: Paint;
}

interface TierRow extends TierMember {
  readonly tier: string;
}

const STATUS_COLORS: Readonly<Record<string, Color>> = {
  COMPLETED: 'green',
  FAILED: 'red',
  DELETED: 'dim',
  DELETING: 'yellow',
};

export function paintStatus(status: string, text: string, paint: Paint): string {
  return paint(STATUS_COLORS[status] ?? 'cyan', text);
}

type Ended = Pick<RunSummary, 'status' | 'error' | 'result'>;

/**
 * What became of a deployment, for the end of a watched run: state, addresses, what a play did, the error, and how to look
 * again. A change that failed leaves the deployment as it was: its error is the run's.
 */
export function renderResult(deployment: Deployment, { columns, color }: RenderOptions, run?: Ended): string[] {
  const page = { columns, paint: createPaint(color) };
  const error = deployment.error ?? run?.error;
  return [
    headline(deployment, page),
    ...section(tierTable(deployment, page)),
    ...section(renderRecap(run?.result, { ...page, indent: 2 })),
    ...section(error ? renderDeploymentError(error, page) : []),
    ...section(lookAgain(deployment, run)),
  ];
}

/** Everything that is known of a deployment. */
export function renderDeployment(deployment: Deployment, { columns, color }: RenderOptions): string[] {
  const page = { columns, paint: createPaint(color) };
  return [
    headline(deployment, page),
    '',
    ...facts(deployment, page),
    ...section(tierTable(deployment, page)),
    ...section(conditionLines(deployment, page)),
    ...section(deployment.error ? renderDeploymentError(deployment.error, page) : []),
  ];
}

/** In order, so that a condition which asks for attention is not overlooked. */
function conditionLines({ conditions }: Deployment, { columns, paint }: Page): string[] {
  return conditions.flatMap(({ type, status, reason, message, last_transition_time: since }) => {
    const [first = '', ...more] = wrapped(
      '  ',
      `${type} is ${status} (${reason}) since ${formatTime(since)}: ${message}`,
      columns,
    );
    return [paint(isTrouble(type, status) ? 'yellow' : 'dim', first), ...more];
  });
}

/** Most conditions are good when they are false; `Configured` is not. */
function isTrouble(type: string, status: string): boolean {
  return type === 'Configured' ? status === 'False' : status === 'True';
}

function headline({ name, status, cloud_region: region }: Deployment, { columns, paint }: Page): string {
  const text = cut(plain(`${name} in ${region} is ${status}`), columns);
  return paint('bold', text.replace(status, paintStatus(status, status, paint)));
}

function facts(deployment: Deployment, { columns }: Page): string[] {
  const { resources, parameters, progress } = deployment;
  const subnets = Object.entries(resources.subnets).map(([name, id]) => `${name} ${id}`);
  const rows: [string, string | null][] = [
    ['id', deployment.id],
    ['template', `${deployment.template} version ${deployment.template_version}`],
    [
      'parameters',
      Object.entries(parameters)
        .map(([name, value]) => `${name}=${showValue(value)}`)
        .join(' ') || '-',
    ],
    ['overrides', Object.keys(deployment.overrides).length === 0 ? null : JSON.stringify(deployment.overrides)],
    ['on failure', deployment.failure_policy],
    ['on drift', deployment.drift_policy],
    ['budget', deployment.budget && `${deployment.budget.amount_per_month} ${deployment.budget.currency} per month`],
    ['created', formatTime(deployment.created_at)],
    ['updated', formatTime(deployment.updated_at)],
    ['expires', deployment.expires_at && formatTime(deployment.expires_at)],
    [
      'progress',
      progress &&
        `${progress.run_kind} ${progress.run_status}, ${progress.done}/${progress.total}${etaWords(progress.eta_ms)}`,
    ],
    ['network', resources.network_id],
    ...subnets.map((subnet): [string, string] => ['subnet', subnet]),
    ['router', resources.router_id],
  ];
  return rows
    .filter((row): row is [string, string] => row[1] !== null)
    .flatMap(([name, value]) => wrapped(`${name.padEnd(10)}  `, value, columns));
}

function etaWords(eta: number | null): string {
  return eta === null ? '' : `, about ${formatDuration(eta)} left`;
}

function showValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function tierTable({ resources }: Deployment, { columns, paint }: Page): string[] {
  const rows = Object.entries(resources.tiers).flatMap(([tier, members]) =>
    members.map((member): TierRow => ({ tier, ...member })),
  );
  if (rows.length === 0) return [];
  const shape: Column<TierRow>[] = [
    { head: 'TIER', value: ({ tier }) => tier },
    { head: 'SERVER', value: ({ name }) => name, shrinks: true },
    { head: 'ADDRESS', value: ({ ip }) => ip ?? '-' },
    ...(rows.every(({ state }) => state === 'present')
      ? []
      : [{ head: 'STATE', value: ({ state }: TierRow) => state }]),
    { head: 'ID', value: ({ vm_id: id }) => id ?? '-', optional: true },
  ];
  return renderTable(rows, shape, { columns, paint, indent: 2 });
}

/** `failed_activity` says what could not be done, unless it was ended on purpose. */
function headOf({ type, failed_activity: activity }: DeploymentError): string {
  return type === 'Cancelled' ? 'Cancelled on request' : `${type}: could not ${activity}`;
}

/** Why a run failed, in the cloud's words, what to do, and whether everything was undone. */
export function renderDeploymentError(error: DeploymentError, { columns, paint }: Page): string[] {
  const leftOver = error.left_over;
  return [
    paint('red', cut(plain(headOf(error)), columns)),
    ...wrapped('  ', error.message, columns),
    ...(error.remedy === undefined ? [] : wrapped('  ', error.remedy, columns)),
    ...(error.request_id === undefined ? [] : wrapped('  ', `The cloud's request id: ${error.request_id}`, columns)),
    ...(error.rollback_completed ? ['  What this run had made is gone again.'] : []),
    ...(leftOver.length === 0 ? [] : leftOverLines(error, { columns, paint })),
  ];
}

function leftOverLines({ left_over: leftOver }: DeploymentError, { columns, paint }: Page): string[] {
  const head = `  ${countOf(leftOver.length, 'resource')} could not be removed; delete the deployment to try again:`;
  const table = renderTable(
    leftOver,
    [
      { head: 'RESOURCE', value: ({ key }) => key },
      { head: 'ID', value: ({ provider_id: id }) => id ?? '-' },
      { head: 'REASON', value: ({ reason }) => reason, shrinks: true },
    ],
    { columns, paint, indent: 4 },
  );
  return [paint('yellow', cut(head, columns)), ...table];
}

function lookAgain({ id, name, status }: Deployment, run: Ended | undefined): string[] {
  if (status === 'DELETED') return [];
  const called = callable(name, id);
  const hasFailed = status === 'FAILED' || run?.status === 'failed' || run?.status === 'held';
  const commands = hasFailed ? ['get', 'why', 'runs', 'retry', 'delete'] : ['get', 'runs', 'delete'];
  return ['Look again with:', ...commands.map((command) => `  groundwork ${command} ${called}`)];
}

/** A text after a label, its further lines under its first. */
function wrapped(label: string, text: string, columns: number): string[] {
  const lines = wrap(plain(text), Math.max(20, columns - label.length));
  return lines.map((line, index) => (index === 0 ? label : ' '.repeat(label.length)) + line);
}

function section(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}
