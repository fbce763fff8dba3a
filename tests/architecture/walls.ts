/**
 * The walls of the house: which room may import what. An allow-list, so that a new room or a new habit is a decision
 * made here, in the open.
 */
import type { Import, SourceFile } from './source-files.ts';

interface Room {
  /** Folder prefix. `*` stands for one folder name; the rule then holds for each such folder by itself. */
  readonly folder: string;
  /** Rooms it may import from, besides itself. */
  readonly sees: readonly string[];
  /** npm packages it may import; 'any' = any that the product depends on (knip checks that they are declared). */
  readonly packages: readonly string[] | 'any';
  /** Node's built-in modules: 'any' but `node:process`, 'main' = that too, or a list. */
  readonly builtins: readonly string[] | 'any' | 'main';
}

/** From the inside out. The first row whose folder matches a file is its room. */
export const ROOMS: readonly Room[] = [
  { folder: 'src/domain', sees: [], packages: ['ipaddr.js'], builtins: [] },
  { folder: 'src/contract', sees: ['src/domain'], packages: ['typebox'], builtins: [] },
  { folder: 'src/ports', sees: ['src/domain'], packages: [], builtins: [] },
  {
    folder: 'src/app',
    sees: ['src/domain', 'src/contract', 'src/ports'],
    packages: ['ajv', 'ajv-formats'],
    builtins: [],
  },
  {
    folder: 'src/runs',
    sees: ['src/domain', 'src/ports'],
    packages: [],
    builtins: ['node:timers/promises'], // steps wait, abortably
  },
  { folder: 'src/reconcilers', sees: ['src/domain', 'src/ports'], packages: [], builtins: ['node:timers/promises'] },
  { folder: 'src/engine', sees: ['src/domain', 'src/ports'], packages: 'any', builtins: 'any' },
  { folder: 'src/store', sees: ['src/domain', 'src/ports'], packages: 'any', builtins: 'any' },
  { folder: 'src/providers/*', sees: ['src/domain', 'src/ports'], packages: 'any', builtins: 'any' },
  { folder: 'src/doors/cli', sees: ['src/contract'], packages: 'any', builtins: 'any' },
  { folder: 'src/doors/*', sees: ['src/app', 'src/contract', 'src/domain'], packages: 'any', builtins: 'any' },
  { folder: 'src/telemetry', sees: ['src/domain', 'src/ports'], packages: 'any', builtins: 'any' },
  { folder: 'src/config', sees: ['src/domain', 'src/contract'], packages: 'any', builtins: 'any' },
  {
    folder: 'src/main',
    sees: ['src/*', 'src/providers/*', 'src/doors/*', 'simulators'],
    packages: 'any',
    builtins: 'main',
  },
  { folder: 'simulators', sees: [], packages: 'any', builtins: 'main' },
  { folder: 'web', sees: ['src/contract'], packages: 'any', builtins: [] },
  { folder: 'tests', sees: ['*'], packages: 'any', builtins: 'main' },
  { folder: 'bench', sees: ['*'], packages: 'any', builtins: 'main' },
];

/** The room of a path, as a folder without stars; undefined when it lies in none. */
export function roomOf(path: string): { readonly room: Room; readonly folder: string } | undefined {
  for (const room of ROOMS) {
    const folder = prefixOf(path, room.folder);
    if (folder !== undefined) return { room, folder };
  }
  return undefined;
}

function prefixOf(path: string, pattern: string): string | undefined {
  const expression = new RegExp(`^${pattern.replaceAll('*', '[^/]+')}(?=/)`);
  return expression.exec(path)?.[0];
}

/** A sentence for every import that goes through a wall. */
export function wallViolations(file: SourceFile): readonly string[] {
  const place = roomOf(file.path);
  if (place === undefined) return [`${file.path} is in no room: move it, or give its folder a row in ROOMS.`];
  return file.imports.flatMap((imported) => {
    const complaint = complaintAbout(file, place, imported);
    return complaint === undefined
      ? []
      : [`${file.path} imports ${imported.specifier ?? 'a computed path'}: ${complaint}`];
  });
}

type Place = NonNullable<ReturnType<typeof roomOf>>;

function complaintAbout(file: SourceFile, place: Place, imported: Import): string | undefined {
  if (imported.specifier === null) return 'name the module, so that this wall can be checked.';
  if (imported.target !== undefined) return fileComplaint(file, place, imported.target);
  if (file.isTest) return undefined;
  if (imported.specifier.startsWith('node:')) return builtinComplaint(place.room, imported.specifier);
  return packageComplaint(place.room, imported.specifier);
}

function fileComplaint(file: SourceFile, { room, folder }: Place, target: string): string | undefined {
  const targetIsTest = /\.test\.ts$|\/testing\/|^tests\//.test(target);
  const mayUseTests = file.isTest || folder === 'tests' || folder === 'bench';
  if (targetIsTest) return mayUseTests ? undefined : 'product code must not depend on test code.';
  if (target === `${folder}.ts` || target.startsWith(`${folder}/`)) return undefined;
  if (file.isTest && target.startsWith('simulators/')) return undefined;
  if (room.sees.some((seen) => seen === '*' || prefixOf(target, seen) !== undefined)) return undefined;
  const sight = room.sees.length === 0 ? 'only itself' : `itself and ${room.sees.join(', ')}`;
  return `${folder} sees ${sight}. Turn the need into a port, an argument, or a line of src/main.`;
}

function builtinComplaint(room: Room, specifier: string): string | undefined {
  if (room.builtins === 'main') return undefined;
  if (specifier === 'node:process') return 'only src/main sees the process; take the value as an argument.';
  if (room.builtins === 'any' || room.builtins.includes(specifier)) return undefined;
  return `${room.folder} does no I/O of its own; ask for it through a port.`;
}

function packageComplaint(room: Room, specifier: string): string | undefined {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (room.packages === 'any' || room.packages.includes(name)) return undefined;
  return `${room.folder} may use ${room.packages.join(', ') || 'no package'}; use the package in an outer room.`;
}
