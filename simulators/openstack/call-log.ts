/** The journal of calls: what was asked, in which order, and what was answered; for tests that count calls. */
import type { JsonObject, ServiceName } from './wire.ts';

export interface LoggedCall {
  readonly seq: number;
  readonly service: ServiceName;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** 0 while unanswered or when the connection was dropped. */
  status: number;
  readonly at: string;
  readonly request_id: string;
  /** Name in the body, when there is one. */
  readonly name?: string;
}

/** Older calls are forgotten beyond this many; the counts are not. */
const kept = 20_000;

export class CallLog {
  #calls: LoggedCall[] = [];
  #seq = 0;
  readonly #counts = new Map<string, number>();

  add(call: Omit<LoggedCall, 'seq' | 'status'>): LoggedCall {
    const logged: LoggedCall = { seq: ++this.#seq, status: 0, ...call };
    this.#calls.push(logged);
    if (this.#calls.length > 2 * kept) this.#calls = this.#calls.slice(-kept);
    const key = `${call.service} ${call.method}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    return logged;
  }

  clear(): void {
    this.#calls = [];
    this.#counts.clear();
  }

  /** Calls after `after`, and how many there were since the last clearing. */
  show(after: number): JsonObject {
    const total = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    return {
      calls: this.#calls.filter((call) => call.seq > after),
      counts: { total, ...Object.fromEntries(this.#counts) },
    };
  }
}
