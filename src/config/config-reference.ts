/**
 * Writes `docs/reference/configuration.md` from the schema and the table of variables, so that the page cannot say
 * anything else than what the loader does. A test compares; `npx vitest run src/config -u` writes it anew.
 */

import { ConfigFile } from '../contract/config.ts';
import { OTHER_VARIABLES, OVERRIDES, flagName } from './overrides.ts';
import { expectation } from './schema-faults.ts';
import type { SchemaNode } from './schema-faults.ts';

interface Row {
  readonly key: string;
  readonly schema: SchemaNode;
  readonly required: boolean;
}

const INTRODUCTION = `# Configuration

<!-- Written from the schema by a test; change src/contract/config.ts instead. -->

Groundwork needs no configuration to start: without a file it brings a simulated cloud of its own. To reach real clouds,
write \`groundwork.yaml\` into the working directory, or name a file with \`--config\` or \`GROUNDWORK_CONFIG\`.
[\`examples/groundwork.yaml\`](../../examples/groundwork.yaml) is a commented example.

- The command line goes before the environment, the environment before the file, the file before the defaults.
- Relative paths in the file start from the file's folder; all others from the working directory. \`~/\` is your home.
- A key that is not listed here is refused, and all faults are reported at once with line and column.
- The file holds no secrets: cloud credentials stay in \`clouds.yaml\`, API keys in variables or as hashes.`;

/** The whole page as Markdown. */
export function renderConfigReference(): string {
  const rows = rowsOf(ConfigFile as SchemaNode, ''); // a TypeBox schema is JSON Schema
  return [
    INTRODUCTION,
    '## Keys of `groundwork.yaml`',
    table(['Key', 'Value', 'Default', 'Meaning'], rows.map(keyCells)),
    '## Environment variables and flags',
    table(['Variable', 'Flag', 'Stands for'], variableCells()),
    '',
  ].join('\n\n');
}

function rowsOf(schema: SchemaNode, prefix: string): Row[] {
  const named = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const required = schema.required?.includes(name) === true && inner.default === undefined;
    return rowAndInner({ key: `${prefix}${name}`, schema: inner, required });
  });
  const free = Object.values(schema.patternProperties ?? {}).flatMap((inner) => rowsOf(inner, `${prefix}<name>.`));
  return [...named, ...free];
}

function rowAndInner(row: Row): Row[] {
  const { key, schema } = row;
  const inner = schema.type === 'array' ? rowsOf(schema.items ?? {}, `${key}[].`) : rowsOf(schema, `${key}.`);
  return [row, ...inner];
}

function keyCells({ key, schema, required }: Row): string[] {
  const standard = schema.default;
  const plain = typeof standard === 'object' ? '' : `\`${String(standard)}\``;
  const shown = standard === undefined ? (required ? 'required' : '') : plain;
  return [
    `\`${key}\``,
    schema.enum?.map((word) => `\`${word}\``).join(', ') ?? expectation(schema),
    shown,
    schema.description ?? '',
  ];
}

function variableCells(): string[][] {
  const overrides = OVERRIDES.map(({ path, environment, flag }) => [
    `\`${environment}\``,
    flag === undefined ? '' : `\`${flagName(flag)}\``,
    `\`${path.join('.')}\``,
  ]);
  const others = Object.entries(OTHER_VARIABLES).map(([name, meaning]) => [`\`${name}\``, '', meaning]);
  return [...overrides, ...others];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
