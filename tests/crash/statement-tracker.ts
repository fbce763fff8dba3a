/**
 * Follows what one client asks of PostgreSQL and names the writes: outside a transaction when they are executed, inside one
 * when they are executed and once more when it is committed.
 */

import { type Message, textAt } from './postgres-messages.ts';
import { ASKS_PERMISSION, labelOf } from './statement-label.ts';

const IN_TRANSACTION = 'in a transaction: ';

/** Not committed by itself. */
export function isInTransaction(label: string): boolean {
  return label.startsWith(IN_TRANSACTION);
}

export class StatementTracker {
  readonly #prepared = new Map<string, string>();
  #transaction: string[] | undefined;

  /** @returns the label when this message is where a write happens, and whether an answer is due after it */
  onRequest({ type, body }: Message): { label: string | undefined; endsUnit: boolean } {
    if (type === 'P') this.#prepare(body);
    const sql = this.#sqlOf(type, body);
    return { label: sql === undefined ? undefined : this.#onStatement(sql), endsUnit: type === 'Q' || type === 'S' };
  }

  #prepare(body: Buffer): void {
    const name = textAt(body, 0);
    this.#prepared.set(name.text, textAt(body, name.next).text);
  }

  /** What is executed now: a simple query, or what was prepared under the name that Bind gives. */
  #sqlOf(type: string, body: Buffer): string | undefined {
    if (type === 'Q') return textAt(body, 0).text;
    if (type !== 'B') return undefined;
    const portal = textAt(body, 0);
    return this.#prepared.get(textAt(body, portal.next).text);
  }

  #onStatement(sql: string): string | undefined {
    const word = /^\s*(\w+)/.exec(sql)?.[1]?.toLowerCase() ?? '';
    if (word === 'begin' || word === 'start') this.#transaction = [];
    if (word === 'commit' || word === 'rollback') return this.#onEnd(word);
    const label = labelOf(sql);
    if (label === undefined || label === ASKS_PERMISSION || !this.#transaction) return label;
    this.#transaction.push(label);
    return `${IN_TRANSACTION}${label}`;
  }

  #onEnd(word: 'commit' | 'rollback'): string | undefined {
    const [first, ...more] = this.#transaction ?? [];
    this.#transaction = undefined;
    if (word === 'rollback' || first === undefined) return undefined;
    return `commit of (${first}${more.length > 0 ? ` and ${more.length} more` : ''})`;
  }
}
