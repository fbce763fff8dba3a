/**
 * A wire between a server and its PostgreSQL that knows where each write begins and when it is committed. It can cut there:
 * hold a statement before PostgreSQL sees it, or hold PostgreSQL's answer when the write is done, and tell the test, which
 * then kills the server.
 *
 * Just enough of the protocol (https://www.postgresql.org/docs/18/protocol-message-formats.html): the first message has no
 * type byte, every other has one and a length; a unit of work ends with Sync or a simple Query, and is answered by one
 * ReadyForQuery. Statements inside a transaction are writes that are not committed yet; its COMMIT is a point of its own.
 */

import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

import { MessageReader } from './postgres-messages.ts';
import { StatementTracker } from './statement-tracker.ts';

export interface WritePoint {
  readonly label: string;
  /** Counted from 1 among the points of this label since `watch`. */
  readonly occurrence: number;
}

export interface Cut extends WritePoint {
  readonly side: 'before' | 'after';
}

export interface PostgresProxy {
  /** For the server, in place of the real address. */
  readonly url: string;
  /** From now on points are counted anew; the returned list grows as they are passed. */
  watch(): WritePoint[];
  /** Cuts at this point; resolves when it is reached. Counts anew. */
  cut(where: Cut): Promise<void>;
  /** What is held goes on. */
  mend(): void;
  close(): Promise<void>;
}

interface Watch {
  readonly seen: WritePoint[];
  readonly counts: Map<string, number>;
  readonly cut: Cut | undefined;
  readonly reached: () => void;
}

/** @param target connection string whose `host` parameter is the directory of the socket */
export async function openPostgresProxy(target: string): Promise<PostgresProxy> {
  const socketPath = `${new URL(target).searchParams.get('host')}/.s.PGSQL.5432`;
  let watch: Watch = newWatch();
  const held = new Set<() => void>();
  const sockets = new Set<Socket>();

  const pass = (label: string): WritePoint => {
    const occurrence = (watch.counts.get(label) ?? 0) + 1;
    watch.counts.set(label, occurrence);
    const point = { label, occurrence };
    watch.seen.push(point);
    return point;
  };
  const isCut = (point: WritePoint, side: Cut['side']): boolean =>
    watch.cut?.side === side && watch.cut.label === point.label && watch.cut.occurrence === point.occurrence;

  const server = createServer((client) => {
    const upstream = connect(socketPath);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.once('close', () => sockets.delete(socket));
    }
    join(client, upstream, { pass, isCut, hold });
  });
  const hold = (resume: () => void): void => {
    held.add(resume);
    watch.reached();
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: urlThrough(target, server),
    watch: () => (watch = newWatch()).seen,
    cut: (where) =>
      new Promise((resolve) => {
        watch = { ...newWatch(), cut: where, reached: resolve };
      }),
    mend() {
      watch = newWatch();
      for (const resume of held) resume();
      held.clear();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function newWatch(): Watch {
  return { seen: [], counts: new Map(), cut: undefined, reached: () => {} };
}

function urlThrough(target: string, server: Server): string {
  const url = new URL(target);
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  url.search = '';
  url.host = `127.0.0.1:${port}`;
  return url.href;
}

/** One unit of work that is to be answered by one ReadyForQuery. */
interface Exchange {
  readonly points: readonly WritePoint[];
  resume?: () => void;
}

interface Guard {
  readonly pass: (label: string) => WritePoint;
  readonly isCut: (point: WritePoint, side: Cut['side']) => boolean;
  readonly hold: (resume: () => void) => void;
}

/** Carries one connection, message by message. When either end goes, so does the other. */
function join(client: Socket, upstream: Socket, guard: Guard): void {
  const tracker = new StatementTracker();
  const exchanges: Exchange[] = [];
  let current: WritePoint[] = [];
  const requests = new MessageReader({ startsUntyped: true });
  const answers = new MessageReader({ startsUntyped: false });

  const toUpstream = new Direction(upstream);
  const toClient = new Direction(client);
  client.on('data', (chunk: Buffer) => {
    for (const message of requests.read(chunk)) {
      const { label, endsUnit } = tracker.onRequest(message);
      if (label !== undefined) {
        const point = guard.pass(label);
        current.push(point);
        if (guard.isCut(point, 'before')) guard.hold(toUpstream.pause());
      }
      if (endsUnit) {
        exchanges.push({ points: current });
        current = [];
      }
      toUpstream.send(message.bytes);
    }
  });
  upstream.on('data', (chunk: Buffer) => {
    for (const message of answers.read(chunk)) {
      const [exchange] = exchanges;
      const isCut = exchange?.points.some((point) => guard.isCut(point, 'after')) === true;
      if (isCut && !toClient.isPaused) exchange.resume = toClient.pause();
      toClient.send(message.bytes);
      if (message.type !== 'Z') continue;
      // The first one answers the login, for which nothing was noted.
      if (exchange !== undefined) exchanges.shift();
      if (exchange?.resume) guard.hold(exchange.resume);
    }
  });
  const end = (): void => {
    client.destroy();
    upstream.destroy();
  };
  for (const socket of [client, upstream]) {
    socket.on('error', end);
    socket.on('close', end);
  }
}

/** One direction, which can be paused: what is sent meanwhile waits. */
class Direction {
  readonly #socket: Socket;
  #waiting: Buffer[] | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get isPaused(): boolean {
    return this.#waiting !== undefined;
  }

  send(bytes: Buffer): void {
    if (this.#waiting) this.#waiting.push(bytes);
    else this.#socket.write(bytes);
  }

  /** @returns the way to go on */
  pause(): () => void {
    this.#waiting ??= [];
    return () => {
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      for (const bytes of waiting) this.#socket.write(bytes);
    };
  }
}
