/**
 * `groundwork webhooks …`: where events are sent to, and what became of each.
 */

import { Option } from 'commander';

import type { UpdateWebhookBody, Webhook, WebhookDeliveryPage, WebhookList } from '../../../contract/webhook.ts';
import { withSession } from '../command-action.ts';
import type { AddCommand } from '../command-action.ts';
import { renderDeliveries, renderWebhooks } from '../display/render-webhooks.ts';
import { EXIT, ExitWith } from '../exit.ts';
import type { Session } from '../session.ts';
import { wholeNumber } from './list.ts';

const WHOLE_ID = 36;
const HOOK = 'id of a webhook or its beginning';

export const addWebhooks: AddCommand = (parent, world) => {
  const webhooks = parent
    .command('webhooks')
    .summary('send events to a URL, signed')
    .description('Sends events to URLs. A key sees its own webhooks; an admin key all of them.');
  for (const add of [addList, addCreate, addUpdate, addDelete, addTest, addDeliveries, addReplay]) add(webhooks, world);
};

const addList: AddCommand = (parent, world) => {
  parent
    .command('list')
    .description('Lists webhooks.')
    .action(
      withSession(world, async (session) => {
        const list = await session.client.call('listWebhooks', {});
        session.answer(list, () => (session.quiet ? list.items.map(({ id }) => id) : renderWebhooks(list, session)));
      }),
    );
};

interface HookOptions {
  readonly event?: readonly string[];
  readonly description?: string;
  readonly global?: boolean;
  readonly url?: string;
  readonly enable?: boolean;
  readonly disable?: boolean;
}

const collect = (text: string, before: readonly string[] = []): string[] => [...before, text];

const addCreate: AddCommand = (parent, world) => {
  parent
    .command('create')
    .description('Sends events to a URL from now on. Shows the secret that signs them, this once.')
    .argument('<url>', 'absolute, https or http')
    .option('-e, --event <type>', 'such as run.finished or run.*; repeatable (default: all)', collect)
    .option('-d, --description <text>', 'for people')
    .option('--global', 'events of all deployments; needs an admin key')
    .action(
      withSession<HookOptions>(world, async (session, [url = ''], { event, description, global }) => {
        const more = defined({ event_types: event, description, global });
        const created = await session.client.call('createWebhook', { body: { url, ...more } });
        const lines = [created.secret, `Webhook ${created.id} is made; its secret is not shown again.`];
        session.answer(created, () => (session.quiet ? created.id : lines));
      }),
    );
};

const addUpdate: AddCommand = (parent, world) => {
  parent
    .command('update')
    .description('Changes a webhook. While it is disabled, nothing is sent and nothing kept for later.')
    .argument('<id>', HOOK)
    .option('--url <url>', 'another URL; what still waits goes there')
    .option('-e, --event <type>', 'all types that it gets; repeatable', collect)
    .option('-d, --description <text>', 'for people')
    .option('--enable', 'send again')
    .addOption(new Option('--disable', 'send nothing').conflicts('enable'))
    .action(
      withSession<HookOptions>(world, async (session, [said = ''], { url, event, description, enable, disable }) => {
        const enabled = enable === true ? true : disable === true ? false : undefined;
        const body: UpdateWebhookBody = defined({ url, event_types: event, description, enabled });
        if (Object.keys(body).length === 0) throw new ExitWith(EXIT.usage, 'Say what is to change.');
        const id = await findWebhook(session, said);
        const updated = await session.client.call('updateWebhook', { params: { id }, body });
        session.answer(updated, () => (session.quiet ? id : renderWebhooks({ items: [updated] }, session)));
      }),
    );
};

const addDelete: AddCommand = (parent, world) => {
  parent
    .command('delete')
    .description('Deletes a webhook with its log. What still waits is not sent.')
    .argument('<id>', HOOK)
    .action(
      withSession(world, async (session, [said = '']) => {
        await session.client.call('deleteWebhook', { params: { id: await findWebhook(session, said) } });
        session.say(`${said} is deleted`);
      }),
    );
};

const addTest: AddCommand = (parent, world) => {
  parent
    .command('test')
    .description('Sends a test.')
    .argument('<id>', HOOK)
    .action(
      withSession(world, async (session, [said = '']) => {
        const id = await findWebhook(session, said);
        const delivery = await session.client.call('testWebhook', { params: { id } });
        const lines = ['The test will be sent.', `See what becomes of it: groundwork webhooks deliveries ${said}`];
        session.answer(delivery, () => (session.quiet ? delivery.id : lines));
      }),
    );
};

interface DeliveriesOptions {
  readonly status?: WebhookDeliveryPage['items'][number]['status'];
  readonly limit?: number;
  readonly cursor?: string;
}

const addDeliveries: AddCommand = (parent, world) => {
  parent
    .command('deliveries')
    .description('Lists what was sent and what waits, newest first.')
    .argument('<id>', HOOK)
    .addOption(new Option('-s, --status <status>', 'only these').choices(['pending', 'delivered', 'dead']))
    .option('--limit <number>', 'at most so many (1 to 200, default 50)', wholeNumber)
    .option('--cursor <text>', 'next page, as --json gives it')
    .action(
      withSession<DeliveriesOptions>(world, async (session, [said = ''], { status, limit, cursor }) => {
        const id = await findWebhook(session, said);
        const query = { status, limit, cursor };
        const page = await session.client.call('listWebhookDeliveries', { params: { id }, query });
        const ids = page.items.map((delivery) => delivery.id);
        session.answer(page, () => (session.quiet ? ids : renderDeliveries(page, session)));
      }),
    );
};

const addReplay: AddCommand = (parent, world) => {
  parent
    .command('replay')
    .description('Sends a delivery again.')
    .argument('<id>', HOOK)
    .argument('<delivery>', 'id of the delivery or its beginning, as deliveries lists it')
    .action(
      withSession(world, async (session, [said = '', saidDelivery = '']) => {
        const id = await findWebhook(session, said);
        const params = { id, delivery_id: await findDelivery(session, id, saidDelivery) };
        const delivery = await session.client.call('replayWebhookDelivery', { params });
        session.answer(delivery, () => (session.quiet ? delivery.id : 'It will be sent again.'));
      }),
    );
};

async function findWebhook({ client }: Session, said: string): Promise<Webhook['id']> {
  const { items }: WebhookList = await client.call('listWebhooks', {});
  const found = items.filter(({ id, url }) => id.startsWith(said.toLowerCase()) || url === said);
  const [hook] = found;
  if (hook && found.length === 1) return hook.id;
  if (hook) throw new ExitWith(EXIT.usage, `"${said}" fits ${found.length} webhooks; say more of the id.`);
  throw new ExitWith(EXIT.refused, `There is no webhook "${said}". List them with: groundwork webhooks list`);
}

/** Of the newest; an older one is said with its whole id. */
async function findDelivery({ client }: Session, id: string, said: string): Promise<string> {
  if (said.length === WHOLE_ID) return said;
  const { items } = await client.call('listWebhookDeliveries', { params: { id }, query: { limit: 200 } });
  const [delivery, another] = items.filter((one) => one.id.startsWith(said.toLowerCase()));
  if (delivery && !another) return delivery.id;
  if (delivery) throw new ExitWith(EXIT.usage, `"${said}" fits several deliveries; say more of the id.`);
  throw new ExitWith(EXIT.refused, `There is no delivery "${said}" among the newest; say its whole id.`);
}

/** Without the fields that were not given. */
function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [K in keyof T]?: Exclude<T[K], undefined> }; // what is left is not undefined
}
