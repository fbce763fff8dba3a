/**
 * Webhooks and their deliveries as tables.
 */

import type { WebhookDelivery, WebhookDeliveryPage, WebhookList } from '../../../contract/webhook.ts';
import { formatTime } from './duration.ts';
import { shortIds } from '../short-ids.ts';
import { renderTable } from './render-table.ts';
import type { Color, Paint } from './terminal-text.ts';

interface Page {
  readonly columns: number;
  readonly paint: Paint;
}

export function renderWebhooks({ items }: WebhookList, page: Page): string[] {
  if (items.length === 0) return ['No webhooks. Add one with: groundwork webhooks create URL'];
  const ids = shortIds(items.map(({ id }) => id));
  return renderTable(
    items,
    [
      { head: 'ID', value: ({ id }) => ids.get(id) ?? id },
      { head: 'URL', value: ({ url }) => url, shrinks: true },
      { head: 'EVENTS', value: ({ event_types: types }) => types.join(', '), shrinks: true },
      { head: 'OF', value: ({ global }) => (global ? 'all' : 'own key') },
      { head: 'STATE', value: ({ enabled }) => (enabled ? 'on' : 'off') },
      { head: 'DESCRIPTION', value: ({ description }) => description ?? '', shrinks: true, optional: true },
    ],
    page,
  );
}

const COLORS: Readonly<Record<WebhookDelivery['status'], Color>> = {
  pending: 'yellow',
  delivered: 'green',
  dead: 'red',
};

export function renderDeliveries({ items, next }: WebhookDeliveryPage, page: Page): string[] {
  if (items.length === 0) return ['No deliveries.'];
  const ids = shortIds(items.map(({ id }) => id));
  const table = renderTable(
    items,
    [
      { head: 'ID', value: ({ id }) => ids.get(id) ?? id },
      { head: 'TYPE', value: ({ type }) => type },
      {
        head: 'STATUS',
        value: ({ status }) => status,
        color: ({ status }, text, paint) => paint(COLORS[status], text),
      },
      { head: 'TRIES', value: ({ attempts }) => String(attempts), align: 'end', optional: true },
      { head: 'CREATED', value: ({ created_at: at }) => formatTime(at), optional: true },
      { head: 'ANSWER', value: answerWords, shrinks: true },
    ],
    page,
  );
  return next === null ? table : [...table, `More: --cursor ${next}`];
}

function answerWords({ response_status: status, error, next_at: nextAt }: WebhookDelivery): string {
  const answer = error ?? (status === null ? '' : String(status));
  return nextAt === null || answer === '' ? answer : `${answer}; again ${formatTime(nextAt).slice(11)}`;
}
