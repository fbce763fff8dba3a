/** API keys: who may ask for what. */

import type { App } from '../../../app/app.ts';
import type { Handlers } from '../handler.ts';

export function keyHandlers(app: App): Pick<Handlers, 'listKeys' | 'createKey' | 'deleteKey'> {
  return {
    listKeys: async () => ({ status: 200, body: await app.listKeys() }),
    createKey: async ({ body }) => ({ status: 201, body: await app.createKey(body) }),
    deleteKey: async ({ params }) => {
      await app.deleteKey(params.id);
      return { status: 204, body: undefined };
    },
  };
}
