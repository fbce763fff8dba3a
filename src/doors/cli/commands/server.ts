/**
 * Commands on the server itself: its regions and its API keys.
 */

import { Option } from 'commander';

import { SCOPES } from '../../../contract/key.ts';
import type { KeyList, Scope } from '../../../contract/key.ts';
import type { RegionList } from '../../../contract/region.ts';
import { withSession } from '../command-action.ts';
import type { AddCommand } from '../command-action.ts';
import { formatTime } from '../display/duration.ts';
import { renderOrphans } from '../display/render-drift.ts';
import { renderTable } from '../display/render-table.ts';
import { EXIT, ExitWith } from '../exit.ts';
import type { Session } from '../session.ts';

export const addRegions: AddCommand = (parent, world) => {
  const regions = parent
    .command('regions')
    .summary('list regions, and what in them belongs to nobody')
    .description('Lists the regions and what the last look at each found.')
    .action(
      withSession(world, async (session) => {
        session.answer(await session.client.call('listRegions', {}), (list) => regionLines(list, session));
      }),
    );

  regions
    .command('orphans')
    .description('Lists objects of a region that carry our mark and that nothing in the ledger stands for.')
    .argument('<region>', 'name of the region')
    .action(
      withSession(world, async (session, [name = '']) => {
        const report = await session.client.call('listOrphans', { params: { name } });
        const ids = report.items.filter((one) => one.removed_at === null).map((one) => one.provider_id);
        session.answer(report, () => (session.quiet ? ids : renderOrphans(report, session)));
      }),
    );
};

function regionLines({ items }: RegionList, session: Session): string | string[] {
  if (session.quiet) return items.map(({ name }) => name);
  if (items.length === 0) return 'No regions. They are declared in groundwork.yaml.';
  return renderTable(
    items,
    [
      { head: 'NAME', value: ({ name }) => name },
      { head: 'PROVIDER', value: ({ provider }) => provider },
      {
        head: 'REACHABLE',
        value: ({ reachable }) => (reachable === null ? 'not known yet' : reachable ? 'yes' : 'no'),
        color: ({ reachable }, text, paint) => paint(reachable === null ? 'dim' : reachable ? 'green' : 'red', text),
      },
      { head: 'LATENCY', value: ({ latency_ms: ms }) => (ms === null ? '-' : `${Math.round(ms)} ms`), align: 'end' },
      { head: 'DETAIL', value: ({ error, detail }) => error ?? detailWords(detail), shrinks: true },
    ],
    session,
  );
}

function detailWords(detail: Readonly<Record<string, unknown>>): string {
  const plainValues = Object.entries(detail).filter(([, value]) => typeof value !== 'object');
  return plainValues.map(([name, value]) => `${name} ${String(value)}`).join(', ');
}

export const addKeys: AddCommand = (parent, world) => {
  const keys = parent
    .command('keys')
    .summary('list, create and revoke API keys')
    .description('API keys; needs an admin key.');

  keys
    .command('list')
    .description('Lists the keys, without their secrets.')
    .action(
      withSession(world, async (session) => {
        session.answer(await session.client.call('listKeys', {}), (list) => keyLines(list, session));
      }),
    );

  keys
    .command('create')
    .description('Creates a key and shows it, this once.')
    .argument('<name>', 'who will use it')
    .addOption(new Option('--scope <scope>', 'what it allows').choices(SCOPES).default('read'))
    .action(
      withSession<{ scope: Scope }>(world, async (session, [name = ''], { scope }) => {
        const created = await session.client.call('createKey', { body: { name, scope } });
        const lines = [`${created.key}`, `Key "${created.name}" (${created.scope}); it is not shown again.`];
        session.answer(created, () => (session.quiet ? created.key : lines));
      }),
    );

  keys
    .command('delete')
    .description('Revokes a key.')
    .argument('<key>', 'name or id of the key')
    .action(
      withSession(world, async (session, [said = '']) => {
        const id = findKey(await session.client.call('listKeys', {}), said);
        await session.client.call('deleteKey', { params: { id } });
        session.say(`${said} is revoked`);
      }),
    );
};

function findKey({ items }: KeyList, said: string): string {
  const found = items.filter(({ id, name }) => id === said || name === said);
  const [key] = found;
  if (key && found.length === 1) return key.id;
  if (!key) throw new ExitWith(EXIT.refused, `There is no key "${said}". List them with: groundwork keys list`);
  throw new ExitWith(
    EXIT.usage,
    [`"${said}" fits several keys; say which id:`, ...found.map(({ id }) => `  ${id}`)].join('\n'),
  );
}

function keyLines({ items }: KeyList, session: Session): string | string[] {
  if (session.quiet) return items.map(({ id }) => id);
  return renderTable(
    items,
    [
      { head: 'NAME', value: ({ name }) => name, shrinks: true },
      { head: 'SCOPE', value: ({ scope }) => scope },
      { head: 'CREATED', value: ({ created_at: at }) => formatTime(at), optional: true },
      { head: 'ID', value: ({ id }) => id },
    ],
    session,
  );
}
