/**
 * One event as one line, for logs, pipes and terminals that cannot redraw. Only what a play printed takes as many lines
 * as it had.
 */

import type { DeploymentEvent } from '../../../contract/event.ts';
import { formatDuration, formatTime } from './duration.ts';
import { outputLines, recapWords } from './play-output.ts';
import { countOf, deedOf, did, doing, runWords, unitOf } from './resource-words.ts';
import type { Deed } from './resource-words.ts';
import { cut, pad, plain } from './terminal-text.ts';

const KEY_WIDTH = 22;

/** What is done to a resource, where more is known than its events tell: they do not tell a replacement. */
export type DeedOfNode = (event: DeploymentEvent) => Deed;

const deedOfEvent: DeedOfNode = ({ data }) =>
  deedOf(data['action'], data['phase'] === 'rollback' ? 'absent' : 'present');

/** What happened, without when: `server/web/1  waiting: BUILD (spawning)`. */
export function eventWords(event: DeploymentEvent, deed: DeedOfNode = deedOfEvent): string[] {
  if (event.type === 'play.output') return outputLines(event).map((line) => `| ${line}`.trimEnd());
  if (event.type === 'play.recap') return [plain(recapWords(event))];
  if (event.key === null) return [plain(ownerWords(event))];
  return [`${pad(plain(event.key), KEY_WIDTH)}  ${plain(nodeWords(event, deed(event)))}`];
}

/**
 * The event after the time since `startedAt` (milliseconds since the epoch); not cut, so that nothing is lost in logs.
 * Nothing for what tells of no step.
 */
export function eventLines(event: DeploymentEvent, startedAt: number, deed?: DeedOfNode): string[] {
  if (event.type === 'resource.identified') return [];
  const elapsed = pad(formatDuration(Date.parse(event.at) - startedAt), 9, 'start');
  return eventWords(event, deed).map((words) => `${elapsed}  ${words}`);
}

/** The lines cut to a width, for lists on a terminal. */
export function shortEventLines(event: DeploymentEvent, columns: number): string[] {
  const head = `${pad(String(event.seq), 5, 'start')}  ${event.at.slice(11, 23)}  `;
  return eventWords(event).map((words) => cut(head + words, columns));
}

function nodeWords(event: DeploymentEvent, deed: Deed): string {
  const { detail, attempt } = event.data;
  const because = typeof detail === 'string' && detail !== '' ? `: ${detail}` : '';
  switch (event.type) {
    case 'node.started':
      return doing(deed);
    case 'node.waiting':
      return `${doing(deed)}${because}`;
    case 'node.retrying':
      return `trying again (attempt ${String(attempt)})${because}`;
    case 'node.done':
      return `${did(deed)}${because === '' ? '' : ` (${String(detail)})`}`;
    case 'node.failed':
      return `FAILED ${doing(deed)}${because}`;
    case 'node.skipped':
      return `skipped${because}`;
    default:
      return objectWords(event);
  }
}

const OBJECT_WORDS: Readonly<Record<string, string>> = {
  'resource.identified': 'is known to the cloud',
  'sweep.removed': 'removed a stray',
  'sweep.incomplete': 'could not remove a stray',
  'drift.detected': 'is not as it should be',
  'drift.cleared': 'is as it should be again',
  'drift.accepted': 'is accepted as it is',
};

/** What was found out about an object in the cloud. */
function objectWords({ type, data }: DeploymentEvent): string {
  const words = OBJECT_WORDS[type] ?? type;
  const resource = data['resource'] as { provider_id?: unknown } | undefined;
  if (type === 'drift.cleared') return `${words} (was: ${String(data['type'])})`;
  const more = type.startsWith('drift.') ? data['type'] : (data['provider_id'] ?? resource?.provider_id);
  return typeof more === 'string' && more !== '' ? `${words}: ${more}` : words;
}

function ownerWords(event: DeploymentEvent): string {
  const { kind, status, total, reason, error } = event.data;
  const words = runWords(typeof kind === 'string' ? kind : 'run');
  switch (event.type) {
    case 'run.accepted':
      return `${words.noun} accepted`;
    case 'run.started':
      return `${words.noun} started, ${countOf(Number(total), unitOf(kind))}`;
    case 'run.rollback':
      return `Rolling back ${countOf(Number(total), 'resource')} (${String(reason)})`;
    case 'run.cancel_requested':
      return 'cancel requested';
    case 'run.finished':
      return `${words.noun} ${String(status)}${messageOf(error)}`;
    default:
      return deploymentWords(event);
  }
}

function deploymentWords({ type, data }: DeploymentEvent): string {
  const { status, reason, message, expires_at: expiresAt } = data;
  const moment = typeof expiresAt === 'string' ? formatTime(expiresAt) : '';
  switch (type) {
    case 'deployment.accepted':
      return 'deployment accepted';
    case 'deployment.status':
      return `deployment is ${String(status)}`;
    case 'deployment.condition':
      return `${String(data['type'])} is ${String(status)} (${String(reason)}): ${String(message)}`;
    case 'deployment.changed':
      return `deployment changed: ${Object.keys(data).join(', ')}`;
    case 'deployment.expiring':
      return `deployment will be deleted at ${moment}`;
    case 'deployment.expired':
      return `deployment has expired at ${moment}`;
    default:
      return type;
  }
}

function messageOf(error: unknown): string {
  const message = (error as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? `: ${message}` : '';
}
