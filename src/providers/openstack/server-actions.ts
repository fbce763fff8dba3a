/**
 * Reading Nova's list of what was done to a server. Pure.
 * https://docs.openstack.org/api-ref/compute/#servers-actions-servers-os-instance-actions
 *
 * It names the event that failed and its result. The reason (`details`, from microversion 2.84 on) and the traceback are
 * for administrators only, unless the cloud's policy says otherwise; a member gets neither. Seen with Nova 26.
 */

import type { Failure } from '../../domain/failure.ts';
import type { Order } from './server-changing.ts';
import type { WireInstanceAction, WireInstanceEvent } from './wire.ts';

/** What went wrong with an action; undefined when nothing did, or when it is not over. */
export function failedAction(
  action: WireInstanceAction,
  { server, order }: { server: string; order: Order },
): Failure | undefined {
  const failed = (action.events ?? []).filter(({ result }) => result === 'Error');
  if (action.message !== 'Error' && failed.length === 0) return undefined;
  const isHomeless = order.do === 'resize' && isRefusedByAllHosts(action.events ?? []);
  const target = order.do === 'resize' ? ` to ${order.flavor}` : '';
  const message = `Nova gave up to ${action.action} server ${server}${target}: ${wordsOf(failed, isHomeless)}`;
  return {
    class: 'permanent',
    type: isHomeless ? 'NoValidHost' : 'ServerActionFailed',
    message,
    requestId: action.request_id,
    remedy: isHomeless
      ? 'No host takes a server of this size: choose another flavor, or ask the operators for room.'
      : 'Give the request id to the operators of the cloud; the server is as it was before.',
  };
}

/** A resize that ended before any host began with it: every event of a host has a name that begins with `compute_`. */
function isRefusedByAllHosts(events: readonly WireInstanceEvent[]): boolean {
  return (
    events.some(({ event }) => event === 'cold_migrate') && !events.some(({ event }) => event.startsWith('compute'))
  );
}

function wordsOf(failed: readonly WireInstanceEvent[], isHomeless: boolean): string {
  const details = failed.map((event) => event.details ?? '').find((words) => words !== '');
  if (details !== undefined) return details;
  const events = failed.map(({ event, result }) => `${event}: ${String(result)}`).join(', ') || 'Error';
  return `${events}${isHomeless ? ' (no valid host was found; the cloud shows members only this)' : ''}`;
}
