/**
 * API keys in PostgreSQL; only their hashes.
 */

import type { KeyStore } from '../ports/store.ts';
import type { Database } from './database.ts';
import { apiKeyFromRow, type ApiKeyRow } from './rows.ts';

const COLUMNS = 'id, name, scope, created_at';

export function createKeyStore(database: Database): KeyStore {
  return {
    async findByHash(hash) {
      const [row] = await database.read<ApiKeyRow>(
        `select ${COLUMNS} from api_keys where hash = $1 and deleted_at is null`,
        [hash],
      );
      return row && apiKeyFromRow(row);
    },
    async list() {
      const rows = await database.query<ApiKeyRow>(
        `select ${COLUMNS} from api_keys where deleted_at is null order by created_at`,
      );
      return rows.map(apiKeyFromRow);
    },
    async add({ id, name, scope, hash }) {
      const [row] = await database.query<ApiKeyRow>(
        `insert into api_keys (id, name, scope, hash) values ($1, $2, $3, $4)
         on conflict (hash) where deleted_at is null do update set name = excluded.name, scope = excluded.scope
         returning ${COLUMNS}`,
        [id, name, scope, hash],
      );
      if (!row) throw new Error('the key was not stored');
      return apiKeyFromRow(row);
    },
    async remove(id) {
      const rows = await database.query(
        `with gone as (update api_keys set deleted_at = now() where id = $1 and deleted_at is null returning id),
              silenced as (update webhooks set enabled = false, updated_at = now() from gone where key_id = gone.id::text)
         select id from gone`,
        [id],
      );
      return rows.length > 0;
    },
  };
}
