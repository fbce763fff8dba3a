/**
 * Webhooks in PostgreSQL. Nobody waits for a row lock on a webhook while it writes events: the trigger on `events` only
 * reads them.
 */

import type { Webhook } from '../domain/webhook.ts';
import type { WebhookStore } from '../ports/webhook-store.ts';
import type { Database } from './database.ts';

const COLUMNS = 'id, url, description, key_id, event_types, enabled, created_at, updated_at';

interface WebhookRow {
  id: string;
  url: string;
  description: string | null;
  key_id: string | null;
  event_types: string[];
  enabled: boolean;
  created_at: string;
  updated_at: string;
}

export function createWebhookStore(database: Database): WebhookStore {
  const first = async (text: string, values: readonly unknown[]): Promise<Webhook | undefined> => {
    const [row] = await database.query<WebhookRow>(text, values);
    return row && webhookFromRow(row);
  };
  return {
    async add({ id, url, description, keyId, eventTypes, enabled, sealed }) {
      const added = await first(
        `insert into webhooks (id, url, description, key_id, event_types, enabled, sealed)
         values ($1, $2, $3, $4, $5, $6, $7) returning ${COLUMNS}`,
        [id, url, description, keyId, eventTypes, enabled, sealed],
      );
      if (!added) throw new Error('the webhook was not stored');
      return added;
    },
    get: (id) => first(`select ${COLUMNS} from webhooks where id = $1`, [id]),
    async list(keyId) {
      const rows = await database.query<WebhookRow>(
        `select ${COLUMNS} from webhooks where $1::text is null or key_id = $1 order by created_at desc, id desc`,
        [keyId ?? null],
      );
      return rows.map(webhookFromRow);
    },
    change: (id, { url, description, eventTypes, enabled }) =>
      first(
        `update webhooks set url = coalesce($2, url), description = case when $3 then $4 else description end,
                event_types = coalesce($5, event_types), enabled = coalesce($6, enabled), updated_at = now()
          where id = $1 returning ${COLUMNS}`,
        [id, url ?? null, description !== undefined, description ?? null, eventTypes ?? null, enabled ?? null],
      ),
    async remove(id) {
      const rows = await database.query(
        `with gone as (delete from webhooks where id = $1 returning id),
              log as (delete from webhook_deliveries where webhook_id = $1)
         select id from gone`,
        [id],
      );
      return rows.length > 0;
    },
  };
}

function webhookFromRow(row: WebhookRow): Webhook {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    keyId: row.key_id,
    eventTypes: row.event_types,
    enabled: row.enabled,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
