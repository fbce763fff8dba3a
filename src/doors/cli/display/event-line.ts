/**
 * One event as one line, for logs, pipes and terminals that cannot redraw.
 */

import type { DeploymentEvent } from '../../../contract/event.ts';
import { formatDuration } from './duration.ts';
import { countOf, did, doing, runWords } from './resource-words.ts';
import { cut, pad, plain } from './terminal-text.ts';

const KEY_WIDTH = 22;

/** What happened, without when: `server/web/1  waiting: BUILD (spawning)`. */
export function eventWords(event: DeploymentEvent): string {
  if (event.key === null) return plain(ownerWords(event));
  return `${pad(plain(event.key), KEY_WIDTH)}  ${plain(nodeWords(event))}`;
}

/** The event after the time since `startedAt` (milliseconds since the epoch); not cut, so that nothing is lost in logs. */
export function eventLine(event: DeploymentEvent, startedAt: number): string {
  const elapsed = pad(formatDuration(Date.parse(event.at) - startedAt), 9, 'start');
  return `${elapsed}  ${eventWords(event)}`;
}

function nodeWords(event: DeploymentEvent): string {
  const { detail, attempt } = event.data;
  const action = event.data['action'] === 'absent' ? 'absent' : 'present';
  const because = typeof detail === 'string' && detail !== '' ? `: ${detail}` : '';
  switch (event.type) {
    case 'node.started':
      return doing(action);
    case 'node.waiting':
      return `${doing(action)}${because}`;
    case 'node.retrying':
      return `trying again (attempt ${String(attempt)})${because}`;
    case 'node.done':
      return `${did(action)}${because === '' ? '' : ` (${String(detail)})`}`;
    case 'node.failed':
      return `FAILED ${doing(action)}${because}`;
    case 'node.skipped':
      return `skipped${because}`;
    case 'sweep.removed':
      return `removed a stray${because}`;
    default:
      return event.type;
  }
}

function ownerWords(event: DeploymentEvent): string {
  const { kind, status, total, reason, error } = event.data;
  const words = runWords(typeof kind === 'string' ? kind : 'run');
  switch (event.type) {
    case 'deployment.accepted':
      return 'deployment accepted';
    case 'deployment.status':
      return `deployment is ${String(status)}`;
    case 'run.accepted':
      return `${words.noun} accepted`;
    case 'run.started':
      return `${words.noun} started, ${countOf(Number(total), 'resource')}`;
    case 'run.rollback':
      return `Rolling back ${countOf(Number(total), 'resource')} (${String(reason)})`;
    case 'run.cancel_requested':
      return 'cancel requested';
    case 'run.finished':
      return `${words.noun} ${String(status)}${messageOf(error)}`;
    default:
      return event.type;
  }
}

function messageOf(error: unknown): string {
  const message = (error as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? `: ${message}` : '';
}

/** The line cut to a width, for lists on a terminal. */
export function shortEventLine(event: DeploymentEvent, columns: number): string {
  const head = `${pad(String(event.seq), 5, 'start')}  ${event.at.slice(11, 23)}  `;
  return cut(head + eventWords(event), columns);
}
