/**
 * What is foreseen of a plan: what speaks against it, what it takes of the quotas, how long it will take and what it will
 * cost. A server that tells less shows less.
 */

import type { ShownPlan } from '../../../contract/deployment.ts';
import { formatDuration } from './duration.ts';
import { VERDICT_SIGNS } from './plan-rows.ts';
import { renderTable } from './render-table.ts';
import { countOf } from './resource-words.ts';
import { plain, wrap } from './terminal-text.ts';
import type { Paint } from './terminal-text.ts';

interface Page {
  readonly columns: number;
  readonly paint: Paint;
}

export function renderForesight(plan: ShownPlan, page: Page): string[] {
  return [
    ...wrap(timeWords(plan), page.columns),
    ...costWords(plan).flatMap((text) => wrap(text, page.columns)),
    ...section(feasibilityLines(plan, page)),
    ...section(quotaLines(plan, page)),
    ...section(budgetLines(plan, page)),
    ...section(plan.verdict === 'fail' ? signed('fail', ['As it is, it will be refused.'], page.paint) : []),
  ];
}

function timeWords({ duration, nodes, estimated_ms: estimated }: ShownPlan): string {
  if (!duration) return `Estimated time: ${formatDuration(estimated)} (${basis(nodes)})`;
  const { p50_ms: p50, p90_ms: p90, without_history: unknown } = duration;
  const usual = `Estimated time: ${formatDuration(p50)}`;
  if (p90 !== null) return `${usual}; 9 of 10 take at most ${formatDuration(p90)} (from past runs)`;
  const all = unknown.length >= new Set(nodes.map(({ kind, action }) => `${kind} ${action}`)).size;
  return `${usual} (no history${all ? '' : ` of ${unknown.map(plain).join(', ')}`})`;
}

function basis(nodes: ShownPlan['nodes']): string {
  const known = nodes.filter((node) => node.estimate_from === 'history').length;
  if (known === 0) return 'no past runs yet';
  return known === nodes.length ? 'from past runs' : `from past runs for ${known} of ${nodes.length}`;
}

type Cost = NonNullable<ShownPlan['cost']>;

function costWords({ cost, cost_difference: difference, cost_today: today }: ShownPlan): string[] {
  if (!cost) return [];
  if (cost.currency === null) return ['Cost: unknown, the region has no price table'];
  const unknown = cost.unknown.length === 0 ? '' : `, no price for ${cost.unknown.map(plain).join(', ')}`;
  if (cost.per_hour === null || cost.per_month === null) return [`Cost: unknown${unknown}`];
  const sum = `Cost: ${money(cost, 'per_hour')} per hour, ${money(cost, 'per_month')} per month`;
  const isNew = (today?.per_hour ?? 0) === 0;
  return [isNew || !difference ? sum : `${sum} (${withSign(difference)} per month)`];
}

/** At least two places, and all that the price has. */
function money(cost: Cost, per: 'per_hour' | 'per_month'): string {
  const amount = cost[per];
  if (amount === null) return 'unknown';
  const places = Math.max(2, (String(amount).split('.')[1] ?? '').length);
  return `${amount.toFixed(Math.min(places, 6))} ${plain(cost.currency ?? '')}`;
}

function withSign(difference: Cost): string {
  const text = money(difference, 'per_month');
  return (difference.per_month ?? 0) < 0 || text === 'unknown' ? text : `+${text}`;
}

/** The sign of a verdict before the first line. */
function signed(verdict: Finding['verdict'], lines: readonly string[], paint: Paint): string[] {
  const [sign, color] = VERDICT_SIGNS[verdict];
  return lines.map((line, index) => (index === 0 ? `${paint(color, sign)} ${line}` : `  ${line}`));
}

interface Finding {
  readonly what: string;
  readonly verdict: 'fail' | 'unknown' | 'pass';
  readonly reason: string;
  readonly remedy: string | undefined;
  readonly keys: string[];
}

/** What did not pass; the same said of several nodes is said once. */
function feasibilityLines(plan: ShownPlan, { columns, paint }: Page): string[] {
  const findings = findingsOf(plan);
  if (findings.length === 0) {
    return plan.verdict === 'pass' ? [`${paint('green', '✔')} Nothing speaks against it.`] : [];
  }
  return findings.flatMap(({ what, verdict, reason, remedy, keys }) => {
    const whose = keys.length === 1 ? (keys[0] ?? '') : `${keys[0]} and ${countOf(keys.length - 1, 'other')}`;
    const text = wrap(plain(`${what.replaceAll('_', ' ')} of ${whose}: ${reason}`), columns - 2);
    return signed(verdict, [...text, ...(remedy === undefined ? [] : wrap(plain(remedy), columns - 2))], paint);
  });
}

function findingsOf({ nodes }: ShownPlan): Finding[] {
  const found = new Map<string, Finding>();
  for (const { key, checks = [] } of nodes) {
    for (const { what, verdict, reason, remedy } of checks) {
      if (verdict === 'pass') continue;
      const same = `${verdict} ${what} ${reason}`;
      const finding = found.get(same) ?? { what, verdict, reason, remedy, keys: [] };
      finding.keys.push(key);
      found.set(same, finding);
    }
  }
  return [...found.values()].toSorted((a, b) => Number(b.verdict === 'fail') - Number(a.verdict === 'fail'));
}

function quotaLines({ quota = [] }: ShownPlan, page: Page): string[] {
  if (quota.length === 0) return [];
  const number = (value: number | null, otherwise: string): string => (value === null ? otherwise : String(value));
  return renderTable(
    quota,
    [
      { head: 'QUOTA', value: ({ name }) => name, shrinks: true },
      { head: 'NEEDED', value: ({ needed }) => String(needed), align: 'end' },
      { head: 'IN USE', value: ({ used }) => number(used, '?'), align: 'end' },
      { head: 'RESERVED', value: ({ reserved }) => String(reserved), align: 'end' },
      { head: 'LIMIT', value: ({ limit, used }) => number(limit, used === null ? '?' : 'none'), align: 'end' },
      {
        head: 'FITS',
        value: ({ verdict }) => ({ pass: '✔ yes', fail: '✖ no', unknown: '? unknown' })[verdict],
        color: ({ verdict }, text, paint) => paint(VERDICT_SIGNS[verdict][1], text),
      },
    ],
    page,
  );
}

function budgetLines({ budgets = [] }: ShownPlan, { columns, paint }: Page): string[] {
  return budgets.flatMap(({ of, amount_per_month: amount, currency, verdict, reason }) => {
    const text = `Budget of the ${of}, ${amount} ${currency} per month: ${reason}`;
    return signed(verdict, wrap(plain(text), columns - 2), paint);
  });
}

function section(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}
