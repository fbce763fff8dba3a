/**
 * What the end of a play means: the failure a person reads, each with its remedy. Pure.
 *
 * Exit codes of ansible-playbook: https://docs.ansible.com/ansible/latest/cli/ansible-playbook.html and, because the page
 * does not list them, `lib/ansible/executor/task_queue_manager.py` and `lib/ansible/cli/__init__.py` of ansible-core: 0 done,
 * 2 tasks failed, 4 hosts unreachable (or a file that cannot be parsed, when no play began), others internal.
 */

import type { Failure } from '../../domain/failure.ts';
import type { PlayRecord, TaskFailure } from './play-record.ts';

export interface PlayEnd {
  readonly cause: 'ended' | 'timed out' | 'cancelled';
  /** Null when it was killed. */
  readonly exitCode: number | null;
  readonly timeoutMs: number;
  /** The last lines on standard error. */
  readonly lastWords: string;
  readonly command: string;
  readonly playbook: string;
}

/** @returns undefined when the play did what it should */
export function judgePlay(end: PlayEnd, record: PlayRecord): Failure | undefined {
  if (end.cause === 'cancelled') return failure('Cancelled', `the play of ${end.playbook} was ended on request`);
  if (end.cause === 'timed out') return timedOut(end, record);
  if (end.exitCode === 126 || end.exitCode === 127) return ansibleNotInstalled(end.command, end.lastWords);
  if (end.exitCode === 0) return Object.keys(record.recap ?? {}).length === 0 ? nobodyPlayed(end) : undefined;
  if (record.failed.length > 0) return tasksFailed(record);
  if (record.unreachable.length > 0) return hostsUnreachable(record.unreachable);
  if (record.recap === undefined && end.exitCode === 4) return playbookInvalid(end);
  return failure('AnsibleFailed', `${howItEnded(end)}${said(end.lastWords)}`, 'Read the output of the run.');
}

export function ansibleNotInstalled(command: string, detail: string): Failure {
  return failure(
    'AnsibleNotInstalled',
    `the program ${command} cannot be run on this server${said(detail)}`,
    'Install ansible-core on the server (Debian: apt install ansible-core; anywhere: pipx install ansible-core), or name its place with ansible_playbook in groundwork.yaml.',
  );
}

export function playbookNotFound(name: string, reason: string): Failure {
  return failure(
    'PlaybookNotFound',
    `the playbook ${name} cannot be played: ${reason}`,
    'Put it into the playbooks directory of this server, then configure again.',
  );
}

export function playbookChanged(name: string): Failure {
  return failure(
    'PlaybookChanged',
    `the playbook ${name}, or a file in the folders beside it, is not the one that was accepted`,
    'Configure again to play it as it is now.',
  );
}

function failure(type: string, message: string, remedy?: string): Failure {
  return { class: 'permanent', type, message, ...(remedy === undefined ? {} : { remedy }) };
}

function timedOut({ playbook, timeoutMs }: PlayEnd, { failed, unreachable }: PlayRecord): Failure {
  const first = failed[0] ?? unreachable[0];
  const hint = first ? `; before that, ${sentence(first)}` : '';
  return failure(
    'PlaybookTimeout',
    `the play of ${playbook} was ended because it took longer than ${timeoutMs / 1000} s${hint}`,
    "The run's output shows the task it was at. Make that faster, or raise ansible.timeout_seconds of the region.",
  );
}

function tasksFailed({ failed, unreachable }: PlayRecord): Failure {
  const [first, ...others] = failed;
  const more = others.length > 0 ? `; and ${others.length} more: ${names(others)}` : '';
  const also = unreachable.length > 0 ? `; not reached: ${names(unreachable)}` : '';
  return failure(
    'TasksFailed',
    `${first ? sentence(first) : ''}${more}${also}`,
    'Correct what the task says, then configure again; hosts that are done are looked at only.',
  );
}

function hostsUnreachable(unreachable: readonly TaskFailure[]): Failure {
  const words = unreachable.map(({ host, message }) => `${host} (${message})`);
  return failure(
    'HostsUnreachable',
    `${unreachable.length === 1 ? 'a host' : `${unreachable.length} hosts`} could not be reached: ${words.join('; ')}`,
    'Check that the server can reach these addresses with SSH (security group, route, user and key in ansible of the region), then configure again.',
  );
}

function nobodyPlayed({ playbook }: PlayEnd): Failure {
  return failure(
    'NoHostsMatched',
    `the play of ${playbook} had no host to work on: none of its \`hosts:\` patterns fits the inventory`,
    'Groups are named like the tiers of the deployment; write `hosts: <tier>` or `hosts: all`.',
  );
}

function playbookInvalid({ playbook, lastWords }: PlayEnd): Failure {
  return failure(
    'PlaybookInvalid',
    `ansible-playbook cannot read ${playbook}${said(lastWords)}`,
    'Correct the playbook: ansible-playbook --syntax-check shows the place.',
  );
}

function howItEnded({ exitCode }: PlayEnd): string {
  if (exitCode === null) return 'ansible-playbook was killed by somebody else';
  const signal = exitCode > 128 && exitCode < 160 ? ` (signal ${exitCode - 128})` : '';
  return `ansible-playbook ended with code ${exitCode}${signal}`;
}

function sentence({ host, task, message }: TaskFailure): string {
  return `on ${host} the task "${task}" failed: ${message}`;
}

function names(failures: readonly TaskFailure[]): string {
  return [...new Set(failures.map(({ host }) => host))].join(', ');
}

function said(words: string): string {
  return words === '' ? '' : `: ${words}`;
}
