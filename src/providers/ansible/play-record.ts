/**
 * What our callback plugin wrote during a play: the recap of each host, and every failure as it happened.
 */

import type { JsonObject } from '../../domain/json.ts';
import type { Mask } from './mask.ts';

/** Task counts of one host, in Ansible's own words. */
export type HostRecap = Readonly<
  Record<'ok' | 'changed' | 'unreachable' | 'failed' | 'skipped' | 'rescued' | 'ignored', number>
>;

export interface TaskFailure {
  readonly host: string;
  readonly task: string;
  readonly message: string;
}

export interface PlayRecord {
  /** Undefined when the play did not come to its end. */
  readonly recap?: Readonly<Record<string, HostRecap>>;
  readonly failed: readonly TaskFailure[];
  readonly unreachable: readonly TaskFailure[];
}

/** Reads what is whole: a killed play leaves half a line at the end. */
export function readPlayRecord(text: string, mask: Mask): PlayRecord {
  const events = text.split('\n').flatMap(eventOf);
  const failures = (event: string): TaskFailure[] =>
    events.flatMap((line) => (line['event'] === event ? [failureOf(line, mask)] : []));
  const stats = events.findLast((line) => line['event'] === 'stats');
  return {
    failed: failures('failed'),
    unreachable: failures('unreachable'),
    ...(stats ? { recap: stats['hosts'] as Readonly<Record<string, HostRecap>> } : {}), // written by the plugin
  };
}

function eventOf(line: string): JsonObject[] {
  try {
    return [JSON.parse(line) as JsonObject]; // the plugin writes objects only
  } catch {
    return [];
  }
}

function failureOf({ host, task, message }: JsonObject, mask: Mask): TaskFailure {
  return { host: String(host), task: mask(String(task)), message: mask(String(message)).trim() };
}
