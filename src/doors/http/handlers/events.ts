/**
 * Events, as a page or as a stream. A stream starts with the page that a plain request would get, so that an unknown
 * deployment is refused with a problem before a stream is opened.
 */

import type { App } from '../../../app/app.ts';
import type { DeploymentEvent, EventPage } from '../../../contract/event.ts';
import type { SseEvent } from '../event-stream.ts';
import type { Handlers } from '../handler.ts';

const STREAM_PAGE = 1000;

export function eventHandlers(app: App): Pick<Handlers, 'listEvents'> {
  return {
    listEvents: async ({ params, query, headers, wantsStream }) => {
      if (!wantsStream) return { status: 200, body: await app.listEvents(params.id, query) };
      const after = Number(headers['last-event-id'] || query.after);
      const first = await app.listEvents(params.id, { after, limit: STREAM_PAGE });
      const until = query.follow ? 'aborted' : 'idle';
      return { stream: (signal) => streamFrom(app, params.id, first, { signal, until }) };
    },
  };
}

async function* streamFrom(
  app: App,
  id: string,
  first: EventPage,
  { signal, until }: { readonly signal: AbortSignal; readonly until: 'idle' | 'aborted' },
): AsyncGenerator<readonly SseEvent[]> {
  yield first.items.map(toSse);
  if (!first.end || until === 'aborted') {
    for await (const batch of app.followEvents(id, first.next_after, signal, until)) yield batch.map(toSse);
  }
  if (!signal.aborted) yield [{ event: 'end', data: '{}' }];
}

function toSse(event: DeploymentEvent): SseEvent {
  return { id: String(event.seq), event: event.type, data: JSON.stringify(event) };
}
