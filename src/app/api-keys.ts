/**
 * API keys: made, listed, withdrawn, and recognised at every request. Only hashes are kept.
 */

import type { CreatedKey, CreateKeyBody, KeyList } from '../contract/key.ts';
import { GroundworkError } from '../domain/errors.ts';
import type { ApiKey } from '../ports/store.ts';
import type { Caller } from './app.ts';
import type { AppDependencies } from './dependencies.ts';

/** How long a key is recognised without asking the database: a withdrawn key works at most this much longer elsewhere. */
const REMEMBERED_MS = 5_000;
const REMEMBERED_AT_MOST = 1_000;

export interface ApiKeys {
  authenticate(key: string): Promise<Caller | undefined>;
  list(): Promise<KeyList>;
  create(body: CreateKeyBody): Promise<CreatedKey>;
  remove(id: string): Promise<void>;
}

export function createApiKeys({ store, ids, configuredKeys }: AppDependencies): ApiKeys {
  const configured = new Map(
    configuredKeys.map(({ name, scope, hash }) => [hash, { keyId: `configured ${name}`, name, scope }]),
  );
  const remembered = new Map<string, { until: number; caller: Caller }>();

  const recognise = async (hash: string): Promise<Caller | undefined> => {
    const key = await store.keys.findByHash(hash);
    if (!key) return undefined;
    const caller = { keyId: key.id, name: key.name, scope: key.scope };
    if (remembered.size >= REMEMBERED_AT_MOST) remembered.clear();
    remembered.set(hash, { until: performance.now() + REMEMBERED_MS, caller });
    return caller;
  };

  return {
    async authenticate(key) {
      const hash = ids.hash(key);
      const named = configured.get(hash);
      if (named) return named;
      const known = remembered.get(hash);
      return known && known.until > performance.now() ? known.caller : recognise(hash);
    },
    async list() {
      return { items: (await store.keys.list()).map(shapeOf) };
    },
    async create({ name, scope }) {
      const key = ids.newKey();
      const stored = await store.keys.add({ id: ids.newId(), name, scope, hash: ids.hash(key) });
      return { ...shapeOf(stored), key };
    },
    async remove(id) {
      remembered.clear();
      if (!(await store.keys.remove(id)))
        throw new GroundworkError('not_found', `there is no API key ${id}`, { remedy: 'GET /keys lists them.' });
    },
  };
}

function shapeOf({ id, name, scope, createdAt }: ApiKey): KeyList['items'][number] {
  return { id, name, scope, created_at: createdAt };
}
