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
    switch (type) {
      case 'P': {
        const name = textAt(body, 0);
        this.#prepared.set(name.text, textAt(body, name.next).text);
        return { label: undefined, endsUnit: false };
      }
      case 'B': {
        const portal = textAt(body, 0);
        const sql = this.#prepared.get(textAt(body, portal.next).text) ?? '';
        return { label: this.#onStatement(sql), endsUnit: false };
      }
      case 'Q':
        return { label: this.#onStatement(textAt(body, 0).text), endsUnit: true };
      default:
        return { label: undefined, endsUnit: type === 'S' };
    }
  }

  #onStatement(sql: string): string | undefined {
    const word = /^\s*(\w+)/.exec(sql)?.[1]?.toLowerCase();
    if (word === 'begin' || word === 'start') {
      this.#transaction = [];
      return undefined;
    }
    if (word === 'rollback' || word === 'commit') {
      const [first, ...more] = this.#transaction ?? [];
      this.#transaction = undefined;
      if (word === 'rollback' || first === undefined) return undefined;
      return `commit of (${first}${more.length > 0 ? ` and ${more.length} more` : ''})`;
    }
    const label = labelOf(sql);
    if (label === undefined || label === ASKS_PERMISSION || !this.#transaction) return label;
    this.#transaction.push(label);
    return `${IN_TRANSACTION}${label}`;
  }
}
