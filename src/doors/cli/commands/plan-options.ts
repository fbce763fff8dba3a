/**
 * The options that every command has which makes a plan of what is asked for.
 */

import type { Command } from 'commander';

import { EXIT, ExitWith } from '../exit.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `--dry-run`, `--plan-id`, `--skip-checks`. */
export function addPlanOptions(command: Command): Command {
  return command
    .option('--dry-run', 'only show the plan and what is foreseen of it')
    .option('--plan-id <id>', 'apply exactly the plan that a dry run showed', planId)
    .option('--skip-checks', 'go on although it surely cannot work');
}

function planId(text: string): string {
  if (!UUID.test(text)) throw new ExitWith(EXIT.usage, `--plan-id ${text}: this is no id of a plan`);
  return text.toLowerCase();
}

export interface BudgetOption {
  readonly amount_per_month: number;
  readonly currency: string;
}

/** `500EUR` or `none`; not null, which commander takes for an empty text. @throws ExitWith (usage) */
export function budgetOption(text: string): BudgetOption | 'none' {
  if (text === 'none') return text;
  const [, amount, currency = ''] = /^(\d+(?:\.\d+)?) ?([A-Za-z]{3})$/.exec(text) ?? [];
  if (amount === undefined) throw new ExitWith(EXIT.usage, `--budget ${text}: write it as 500EUR, or none`);
  return { amount_per_month: Number(amount), currency: currency.toUpperCase() };
}

/** `name=value` options that may be repeated. @throws ExitWith (usage) */
export function collectPairs(option: string, form: string) {
  return (text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> => {
    const separator = text.indexOf('=');
    if (separator < 1 || separator === text.length - 1) {
      throw new ExitWith(EXIT.usage, `${option} ${text}: write it as ${form}`);
    }
    return { ...before, [text.slice(0, separator)]: text.slice(separator + 1) };
  };
}
