/** The server itself: its regions, health, metrics and contract. */

import type { App } from '../../../app/app.ts';
import { buildOpenApi } from '../../../contract/openapi.ts';
import type { Handlers } from '../handler.ts';
import type { HttpMetrics } from '../measure.ts';

type ServerHandlers = Pick<Handlers, 'listRegions' | 'live' | 'ready' | 'metrics' | 'openapi'>;

export function serverHandlers(app: App, metrics: HttpMetrics, version: string): ServerHandlers {
  const openApi = buildOpenApi(version);
  return {
    listRegions: async () => ({ status: 200, body: await app.listRegions() }),
    live: async () => ({ status: 200, body: { status: 'ok', version } }),
    ready: async () => {
      const body = await app.readiness();
      return { status: body.status === 'ready' ? 200 : 503, body };
    },
    metrics: async () => ({ status: 200, body: (await metrics.render()).body }),
    openapi: async () => ({ status: 200, body: openApi }),
  };
}
