/**
 * Where the cloud is not as the ledger says, and what in a region belongs to nobody.
 */

import type { DriftFinding, DriftReport, OrphanReport } from '../../../contract/drift.ts';
import { formatTime } from './duration.ts';
import { showValue } from './render-change.ts';
import { renderTable } from './render-table.ts';
import { countOf, nounOf } from './resource-words.ts';
import { cut, plain, wrap } from './terminal-text.ts';
import type { Paint } from './terminal-text.ts';

interface Page {
  readonly columns: number;
  readonly paint: Paint;
}

/** @param called how the person calls the deployment */
export function renderDrift(report: DriftReport, called: string, page: Page): string[] {
  const { findings, checked_at: checkedAt, policy } = report;
  const open = findings.filter(({ accepted }) => !accepted);
  return [
    headline(report, called, page),
    checkedAt === null ? 'No look since the last run yet; --refresh looks now.' : `Last look: ${formatTime(checkedAt)}`,
    `Policy: ${policy === 'heal' ? 'heal, by itself' : 'alert, healed only when asked'}`,
    ...findings.flatMap((finding) => ['', ...findingLines(finding, page)]),
    ...(open.length === 0 ? [] : ['', ...waysOut(called)]),
  ];
}

function headline({ drifted, findings }: DriftReport, called: string, { columns, paint }: Page): string {
  if (drifted) {
    const count = findings.filter(({ accepted }) => !accepted).length;
    return paint('yellow', cut(plain(`${called} has drifted: ${countOf(count, 'resource')}`), columns));
  }
  const accepted = findings.length === 0 ? '' : `; ${countOf(findings.length, 'difference')} accepted`;
  return paint('green', cut(plain(`${called} is as it should be${accepted}`), columns));
}

const SIGN = { missing: '-', extra: '+' } as const;

function findingLines(finding: DriftFinding, { columns, paint }: Page): string[] {
  const { key, type, accepted, first_seen: firstSeen, differences, provider_id: id } = finding;
  const sign = type === 'missing' || type === 'extra' ? SIGN[type] : '~';
  const text = `${sign} ${key}  ${accepted ? 'accepted: ' : ''}${type}, since ${formatTime(firstSeen)}`;
  const shown = paint(accepted ? 'dim' : 'yellow', cut(plain(text), columns));
  const lines = differences.map(
    ({ field, wanted, actual, fix }) =>
      `${field}: should be ${showValue(wanted)}, is ${showValue(actual)} (${fix === 'replace' ? 'takes a replacement' : 'set right in place'})`,
  );
  const object = type === 'extra' && id !== null ? [`id ${id}`] : [];
  const below = [...object, ...lines].flatMap((line) => wrap(plain(line), columns - 4).map((part) => `    ${part}`));
  return [shown, ...below];
}

function waysOut(called: string): string[] {
  const said = /\s/.test(called) ? 'ID' : called;
  return [
    `Put it right:      groundwork drift ${said} --heal`,
    `Keep it as it is:  groundwork drift ${said} --accept [KEY…]`,
  ];
}

export function renderOrphans(report: OrphanReport, page: Page): string[] {
  const { region, sweep, checked_at: checkedAt, error, brake, items } = report;
  const manner = sweep === 'delete' ? 'orphans are deleted' : 'orphans are only reported';
  const looked = checkedAt === null ? 'no look yet' : `last look ${formatTime(checkedAt)}`;
  const notes = [
    error && `The last look did not see everything: ${error}`,
    brake && `The sweep did not begin: ${brake}`,
  ];
  return [
    cut(plain(`${region}: ${manner}; ${looked}`), page.columns),
    ...notes.flatMap((note) => (note ? wrap(plain(note), page.columns).map((line) => page.paint('yellow', line)) : [])),
    ...(items.length === 0 ? ['Nothing belongs to nobody.'] : ['', ...orphanTable(items, page)]),
  ];
}

function orphanTable(items: OrphanReport['items'], page: Page): string[] {
  return renderTable(
    items,
    [
      { head: 'KIND', value: ({ kind }) => nounOf(kind) },
      { head: 'KEY', value: ({ key }) => key, shrinks: true },
      { head: 'VERDICT', value: ({ verdict, removed_at: removed }) => (removed === null ? verdict : 'removed') },
      { head: 'FIRST SEEN', value: ({ first_seen: at }) => formatTime(at), optional: true },
      { head: 'ID', value: ({ provider_id: id }) => id },
      { head: 'DETAIL', value: ({ detail }) => detail ?? '', shrinks: true, optional: true },
    ],
    page,
  );
}
