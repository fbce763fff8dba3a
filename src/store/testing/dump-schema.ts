/**
 * The schema as SQL, read back from the catalogue: what the migrations have come to, in one place and in one form. The
 * embedded PostgreSQL brings no pg_dump, and what we use of SQL is little.
 *
 * The text is SQL that makes the same tables again; a test proves it.
 */

import type { Pool } from 'pg';

const HEADER = `-- The schema that the migrations in src/store/migrations lead to, read back from PostgreSQL's catalogue.
-- Do not edit: after a new migration run \`npm test -- migrate -u\`.
`;

interface Part {
  readonly table_name: string;
  readonly part: string;
}

/** @throws Error when the schema has something that this dump would leave out */
export async function dumpSchema(pool: Pool): Promise<string> {
  await refuseTheUnknown(pool);
  const [columns, constraints, indexes, triggers] = await Promise.all([
    parts(pool, COLUMNS),
    parts(pool, CONSTRAINTS),
    parts(pool, INDEXES),
    parts(pool, TRIGGERS),
  ]);
  const tables = [...new Set(columns.map(({ table_name }) => table_name))];
  const of = (table: string, all: readonly Part[]): string[] =>
    all.filter(({ table_name }) => table_name === table).map(({ part }) => part);
  const foreign = constraints.filter(({ part }) => part.includes(' FOREIGN KEY '));
  const own = constraints.filter(({ part }) => !part.includes(' FOREIGN KEY '));
  const made = tables.map((table) => {
    const lines = [...of(table, columns), ...of(table, own)].map((line) => `  ${line}`);
    return [`create table ${table} (\n${lines.join(',\n')}\n);`, ...of(table, indexes)].join('\n');
  });
  const links = foreign.map(({ table_name, part }) => `alter table ${table_name} add ${part};`);
  const reactions = triggers.map(({ part }) => part);
  return `${[HEADER + made.join('\n\n'), links.join('\n'), ...reactions].join('\n\n')}\n`;
}

async function parts(pool: Pool, query: string): Promise<Part[]> {
  const { rows } = await pool.query<Part>(query);
  return rows;
}

const OURS = `join pg_class t on t.oid = x.relation and t.relkind = 'r' and t.relnamespace = 'public'::regnamespace`;

const COLUMNS = `
  select t.relname as table_name,
         concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end,
           'default ' || pg_get_expr(d.adbin, d.adrelid)) as part
    from (select attrelid as relation, * from pg_attribute where attnum > 0 and not attisdropped) a
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    ${OURS.replace('x.', 'a.')} order by t.relname, a.attnum`;

/** Not-null constraints stand with their columns. */
const CONSTRAINTS = `
  select t.relname as table_name, 'constraint ' || c.conname || ' ' || pg_get_constraintdef(c.oid) as part
    from (select conrelid as relation, * from pg_constraint where contype <> 'n') c
    ${OURS.replace('x.', 'c.')} order by t.relname, c.contype = 'f', c.conname`;

const INDEXES = `
  select t.relname as table_name, replace(pg_get_indexdef(i.indexrelid), 'public.', '') || ';' as part
    from (select indrelid as relation, * from pg_index) i
    ${OURS.replace('x.', 'i.')}
   where not exists (select from pg_constraint c where c.conindid = i.indexrelid) order by t.relname, part`;

/** Each with the function that it calls. */
const TRIGGERS = `
  select t.relname as table_name, concat_ws(E'\\n', rtrim(replace(pg_get_functiondef(x.tgfoid), 'public.', ''), E'\\n') || ';',
           replace(pg_get_triggerdef(x.oid), 'public.', '') || ';') as part
    from (select tgrelid as relation, * from pg_trigger where not tgisinternal) x
    ${OURS} order by t.relname, x.tgname`;

async function refuseTheUnknown(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ what: string }>(`
    select relkind::text || ' ' || relname as what from pg_class
     where relnamespace = 'public'::regnamespace and relkind not in ('r', 'i')
    union all select 'function ' || proname from pg_proc p where pronamespace = 'public'::regnamespace
       and (select count(*) from pg_trigger t where t.tgfoid = p.oid) <> 1
    union all select 'type ' || typname from pg_type
     where typnamespace = 'public'::regnamespace and typtype in ('e', 'd', 'r')`);
  if (rows.length > 0)
    throw new Error(`dumpSchema does not know of ${rows.map(({ what }) => what).join(', ')}: teach it`);
}
