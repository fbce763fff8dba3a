/**
 * Events as they come to be. All who watch in this process are served by one small query every tenth of a second, which
 * asks only whether the watched deployments have newer events; events themselves are read when there are some.
 *
 * Numbers have no gaps and follow the order of commits, so "everything after N" loses and repeats nothing.
 */

import type { DeploymentEvent, EventPage } from '../contract/event.ts';
import type { Event } from '../domain/event.ts';
import type { EventStore } from '../ports/store.ts';
import type { AppDependencies } from './dependencies.ts';
import { noDeployment } from './read-deployments.ts';

const LOOK_MS = 100;
const BATCH = 500;

interface Head {
  readonly last: number;
  readonly active: boolean;
}

export interface EventFeed {
  list(id: string, range: { readonly after: number; readonly limit: number }): Promise<EventPage>;
  follow(
    id: string,
    after: number,
    signal: AbortSignal,
    until?: 'idle' | 'aborted',
  ): AsyncGenerator<readonly DeploymentEvent[]>;
}

export function createEventFeed({ store, log }: AppDependencies): EventFeed {
  const heads = createHeadWatch(store.events, (error) =>
    log.warn({ err: error }, 'new events could not be looked for'),
  );
  return {
    async list(id, { after, limit }) {
      const [events, head] = await Promise.all([store.events.list(id, after, limit), heads.now(id)]);
      if (!head) throw noDeployment(id);
      const next = events.at(-1)?.seq ?? after;
      return { items: events.map(shapeOf), next_after: next, end: !head.active && next >= head.last };
    },
    async *follow(id, after, signal, until = 'idle') {
      let seen = after;
      while (!signal.aborted) {
        const head = await heads.beyond(id, seen, until, signal);
        if (signal.aborted) return;
        if (!head) throw noDeployment(id);
        const events = head.last > seen ? await store.events.list(id, seen, BATCH) : [];
        if (events.length > 0) yield events.map(shapeOf);
        seen = events.at(-1)?.seq ?? seen;
        if (until === 'idle' && !head.active && seen >= head.last) return;
      }
    },
  };
}

function shapeOf({ seq, at, type, runId, key, data }: Event): DeploymentEvent {
  return { seq, at, type, run_id: runId, key, data };
}

interface Watcher {
  readonly id: string;
  readonly look: (head: Head | undefined) => void;
}

function createHeadWatch(events: EventStore, onError: (error: unknown) => void) {
  const watchers = new Set<Watcher>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const look = async (): Promise<void> => {
    const asked = [...watchers];
    try {
      const heads = await events.heads([...new Set(asked.map((watcher) => watcher.id))]);
      for (const watcher of asked) watcher.look(heads.get(watcher.id));
    } catch (error) {
      onError(error);
    }
    timer = watchers.size > 0 ? setTimeout(() => void look(), LOOK_MS) : undefined;
  };

  return {
    async now(id: string): Promise<Head | undefined> {
      return (await events.heads([id])).get(id);
    },
    /** The head once it is beyond `seen`, or (until idle) once no run is active; undefined for an unknown deployment. */
    beyond(id: string, seen: number, until: 'idle' | 'aborted', signal: AbortSignal): Promise<Head | undefined> {
      return new Promise((resolve) => {
        const end = (head: Head | undefined): void => {
          watchers.delete(watcher);
          signal.removeEventListener('abort', onAbort);
          resolve(head);
        };
        const onAbort = (): void => end(undefined);
        const watcher: Watcher = {
          id,
          look(head) {
            if (!head || head.last > seen || (until === 'idle' && !head.active)) end(head);
          },
        };
        signal.addEventListener('abort', onAbort);
        watchers.add(watcher);
        timer ??= setTimeout(() => void look(), 0);
      });
    },
  };
}
