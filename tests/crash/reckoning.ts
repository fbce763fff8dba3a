/**
 * The reckoning after a crash: what the cloud holds of us against what the ledger says. It trusts neither the product's
 * drivers nor its API: rows come from SQL, objects from the cloud's own tables.
 */

import type { Pool } from 'pg';

import type { CloudRow, CloudState } from './cloud-process.ts';

/** An object that carries a mark of ours, whoever's. */
export interface Marked {
  readonly kind: string;
  readonly id: string;
  readonly owner: string;
  readonly key: string;
}

export interface Findings {
  /** In the cloud with our mark, and in no living row. */
  readonly orphans: readonly string[];
  /** More than one object for one owner and key. */
  readonly duplicates: readonly string[];
  /** Everything else that is not as it should be, in sentences. */
  readonly wrong: readonly string[];
}

interface LedgerRow {
  readonly key: string;
  readonly kind: string;
  readonly state: string;
  readonly provider_id: string | null;
}

export interface Expectation {
  readonly deploymentId: string;
  /** Keys that must be there, each once; undefined when it may have stopped half-way. */
  readonly keys: readonly string[] | undefined;
}

export async function reckon(pool: Pool, marked: readonly Marked[], expected: Expectation): Promise<Findings> {
  const { rows } = await pool.query<LedgerRow>(
    `select key, kind, state, provider_id from resources where owner = $1 and state <> 'deleted' order by key`,
    [expected.deploymentId],
  );
  // A row whose answer was lost knows its object by the mark alone.
  const isKnown = ({ id, owner, key }: Marked): boolean =>
    owner === expected.deploymentId &&
    rows.some((row) => row.provider_id === id || (row.provider_id === null && row.key === key));
  const named = ({ kind, id, key }: Marked): string => `${key} (${kind} ${id})`;
  const perKey = groupedBy(marked, ({ owner, key }) => `${owner} ${key}`);
  return {
    orphans: marked.filter((object) => !isKnown(object)).map(named),
    duplicates: [...perKey.values()].filter((twins) => twins.length > 1).map((twins) => twins.map(named).join(' and ')),
    wrong: [...wrongRows(rows, marked, expected), ...(await wrongEvents(pool, expected.deploymentId))],
  };
}

function wrongRows(
  rows: readonly LedgerRow[],
  marked: readonly Marked[],
  { keys, deploymentId }: Expectation,
): string[] {
  if (!keys) return [];
  const living = rows.map((row) => row.key);
  return [
    ...keys.filter((key) => !living.includes(key)).map((key) => `the ledger has no living row ${key}`),
    ...living.filter((key) => !keys.includes(key)).map((key) => `the ledger still has ${key}`),
    ...rows.filter((row) => row.state !== 'present').map((row) => `${row.key} is ${row.state} in the ledger`),
    ...rows
      .filter(
        (row) =>
          !marked.some(({ id, owner, key }) => id === row.provider_id && owner === deploymentId && key === row.key),
      )
      .map((row) => `${row.key} is in the ledger as ${row.provider_id} and not in the cloud`),
  ];
}

async function wrongEvents(pool: Pool, deploymentId: string): Promise<string[]> {
  const { rows } = await pool.query<{ last: number; count: number; first: number; head: number }>(
    `select coalesce(max(seq), 0)::int as last, count(*)::int as count, coalesce(min(seq), 0)::int as first,
            (select last_event::int from deployments where id = $1) as head
       from events where deployment_id = $1`,
    [deploymentId],
  );
  const [row] = rows;
  if (row && row.first === 1 && row.last === row.count && row.head === row.last) return [];
  return [`events are not numbered without gaps: ${JSON.stringify(row)}`];
}

const INTERFACE = 'network:router_interface';
const TABLES = ['networks', 'subnets', 'routers', 'ports', 'servers'] as const;

/** Everything in the simulated cloud that carries a mark, interfaces by the marks of their router and subnet. */
export function markedIn(state: CloudState): Marked[] {
  const described = (['networks', 'subnets', 'routers'] as const).flatMap((table) =>
    (state[table] ?? []).flatMap((row) => markedBy(table.slice(0, -1), row)),
  );
  const subnets = new Map(described.filter(({ kind }) => kind === 'subnet').map((subnet) => [subnet.id, subnet]));
  const ports = (state['ports'] ?? []).flatMap((port): Marked[] => {
    if (port.device_owner !== INTERFACE) return markedBy('port', port);
    const subnet = subnets.get(port.fixed_ips?.[0]?.subnet_id ?? '');
    return subnet
      ? [{ kind: 'interface', id: port.id, owner: subnet.owner, key: subnet.key.replace('subnet/', 'interface/') }]
      : [];
  });
  const servers = (state['servers'] ?? []).flatMap(({ id, metadata }): Marked[] => {
    const owner = metadata?.['groundwork_owner'];
    return owner === undefined ? [] : [{ kind: 'server', id, owner, key: metadata?.['groundwork_key'] ?? '' }];
  });
  return [...described, ...ports, ...servers];
}

function markedBy(kind: string, { id, description }: CloudRow): Marked[] {
  const match = /groundwork owner=(\S+) key=(\S+)/.exec(description ?? '');
  return match ? [{ kind, id, owner: match[1] ?? '', key: match[2] ?? '' }] : [];
}

/** What is in the cloud beyond what was there before us, marked or not: `ports 3f0c…`. */
export function beyond(before: CloudState, now: CloudState): string[] {
  return TABLES.flatMap((table) => {
    const known = new Set((before[table] ?? []).map(({ id }) => id));
    return (now[table] ?? [])
      .filter(({ id }) => !known.has(id))
      .map(({ id, name, device_owner }) => `${table} ${id} ${name ?? ''} ${device_owner ?? ''}`);
  });
}

/** Ports that belong to servers, and no server has them. */
export function strayPorts(state: CloudState): string[] {
  const servers = new Set((state['servers'] ?? []).map(({ id }) => id));
  return (state['ports'] ?? [])
    .filter(({ device_owner, device_id }) => device_owner?.startsWith('compute:') && !servers.has(device_id ?? ''))
    .map(({ id }) => `port ${id} of a server that is gone`);
}

function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
