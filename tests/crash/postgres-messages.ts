/** Cuts a byte stream of PostgreSQL's protocol into its messages. */

export interface Message {
  /** Empty for the first message of a client. */
  readonly type: string;
  /** The whole message, header included. */
  readonly bytes: Buffer;
  readonly body: Buffer;
}

export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);
  #untyped: boolean;

  constructor({ startsUntyped }: { startsUntyped: boolean }) {
    this.#untyped = startsUntyped;
  }

  /** Whole messages only; what is left waits for the next chunk. */
  *read(chunk: Buffer): Generator<Message> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const header = this.#untyped ? 0 : 1;
      if (this.#rest.length < header + 4) return;
      const length = header + this.#rest.readInt32BE(header);
      if (this.#rest.length < length) return;
      const bytes = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      const type = this.#untyped ? '' : String.fromCharCode(bytes[0] ?? 0);
      this.#untyped = false;
      yield { type, bytes, body: bytes.subarray(header + 4) };
    }
  }
}

/** The zero-terminated string at this place, and where the next field begins. */
export function textAt(body: Buffer, start: number): { text: string; next: number } {
  const end = body.indexOf(0, start);
  return { text: body.toString('utf8', start, end), next: end + 1 };
}
