/**
 * What a statement writes, in a few words that stay the same from run to run: the verbs and tables of its parts. Two
 * statements with one label are told apart by their order.
 */

const PARTS =
  /(?<!\b(?:for|for no key|do)\s+)\b(insert into|delete from|update)\s+(?:only\s+)?"?([a-z_]+)"?(?:\."?([a-z_]+)"?)?/gi;

/** Routine of a worker that tells of nothing and is repeated in any case. */
const ROUTINE = /^\s*(?:update workers|insert into workers)\b/i;

/** The question by which a worker makes sure that the run is still its own; no write, but the instant before one. */
const PERMISSION = /^select 1 from runs where id = \$1 and fence = \$2$/;
export const ASKS_PERMISSION = 'asks whether it holds the run';

/** @returns undefined when the statement writes nothing that matters */
export function labelOf(sql: string): string | undefined {
  if (PERMISSION.test(sql)) return ASKS_PERMISSION;
  if (sql.includes('enqueue_workflow')) return 'enqueue the run';
  if (ROUTINE.test(sql)) return undefined;
  const tables = [...sql.matchAll(PARTS)].map(([, verb = '', first = '', second]) => {
    const table = second === undefined ? first : `${first}.${second}`;
    return `${verb.toLowerCase().replace(/ (into|from)$/, '')} ${table}`;
  });
  if (tables.length === 0) return undefined;
  const state = /update resources set state = '(\w+)'/.exec(sql)?.[1];
  // The node, the event and its number go with every change of the ledger: the change itself says more.
  const telling = tables.includes('insert run_nodes') ? tables.filter((table) => table.endsWith(' resources')) : tables;
  const words = [...new Set(telling.length === 0 ? ['insert run_nodes'] : telling)].join(', ');
  return state === undefined ? words : `${words} (${state})`;
}
