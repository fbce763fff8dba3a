/**
 * A door over the in-memory app, ready to `inject`, with a log that a test can read.
 */

import { pino } from 'pino';
import { createHttpDoor } from '../door.ts';
import { createInMemoryApp, KEYS } from './in-memory-app.ts';

export const EXAMPLE_REQUEST = {
  name: 'web-app-prod',
  template: 'web-app-stack',
  cloud_region: 'us-west-1',
  parameters: { web_count: 2, app_count: 3, db_count: 1 },
};

export async function openDoor(options: { readonly heartbeatMs?: number } = {}) {
  const app = createInMemoryApp();
  const logLines: string[] = [];
  const measured: { operation: string; method: string; status: number; seconds: number }[] = [];
  const metrics = {
    httpRequest: (labels: { operation: string; method: string; status: number }, seconds: number) =>
      void measured.push({ ...labels, seconds }),
    render: async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', body: '# HELP up\n' }),
  };
  const log = pino({ level: 'info' }, { write: (line) => void logLines.push(line) });
  const door = await createHttpDoor({ app, log, metrics, version: '0.0.0-test', ...options });
  const asWriter = { 'x-api-key': KEYS.write };
  const deploy = async (): Promise<string> => {
    const response = await door.inject({
      method: 'POST',
      url: '/deployments',
      headers: asWriter,
      payload: EXAMPLE_REQUEST,
    });
    return response.json<{ id: string }>().id;
  };
  return { app, door, logLines, measured, deploy };
}

export type OpenDoor = Awaited<ReturnType<typeof openDoor>>;
