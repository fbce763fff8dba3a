/**
 * Playbooks on disk: finding one by its name, and what it declares about itself. A name that leads out of the playbooks
 * directory, through a symbolic link too, is refused as if nothing were there.
 *
 * A playbook declares what only its author can know in a comment before its first line of YAML, which every Ansible accepts:
 *
 *     # groundwork: {idempotent: false}
 */

import { createHash } from 'node:crypto';
import { readFile, readdir, realpath } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { parse } from 'yaml';
import type { FoundPlaybook, Playbooks } from '../../ports/playbooks.ts';

export interface PlaybookFile {
  readonly path: string;
  readonly playbook: FoundPlaybook;
}

export function createPlaybooks(playbooksDir: string): Playbooks {
  return {
    async find(name) {
      const found = await readPlaybook(playbooksDir, name);
      return typeof found === 'string' ? found : found.playbook;
    },
  };
}

/** @returns a sentence's end that says why there is none */
export async function readPlaybook(playbooksDir: string, name: string): Promise<PlaybookFile | string> {
  const root = await realpath(playbooksDir).catch(() => undefined);
  if (root === undefined) return `the playbooks directory ${playbooksDir} does not exist`;
  const path = await realpath(join(root, name)).catch(() => undefined);
  if (path === undefined) return `there is no file ${name} in the playbooks directory`;
  if (!path.startsWith(root + sep)) return `${name} leads out of the playbooks directory`;
  const content = await readFile(path).catch((error: NodeJS.ErrnoException) => error);
  if (!Buffer.isBuffer(content)) return `${name} cannot be read (${content.code ?? content.message})`;
  const declared = declarationOf(content.toString('utf8'));
  if (typeof declared === 'string') return `${name} ${declared}`;
  const [sha256, besideSha256] = [digestOf(content), await digestBeside(dirname(path))];
  return { path, playbook: { name: relative(root, path), sha256, besideSha256, ...declared } };
}

const DECLARATION = /^#\s*groundwork:\s*(.*)$/;

/** Read from the comments at the top. */
function declarationOf(text: string): { idempotent: boolean } | string {
  const head = text.split(/\r?\n/).slice(0, headLength(text));
  const [first, second] = head.flatMap((line) => DECLARATION.exec(line)?.[1] ?? []);
  if (first === undefined) return { idempotent: true };
  if (second !== undefined) return 'has two lines `# groundwork:`; write one';
  const remedy = 'write `# groundwork: {idempotent: false}`';
  try {
    const value: unknown = parse(first);
    if (typeof value !== 'object' || value === null) return `declares ${first}, which is no map; ${remedy}`;
    const unknown = Object.keys(value).filter((key) => key !== 'idempotent');
    if (unknown.length > 0) return `declares ${unknown.join(', ')}, which Groundwork does not know; ${remedy}`;
    const { idempotent = true } = value as { idempotent?: unknown };
    if (typeof idempotent !== 'boolean') return `declares idempotent as something else than true or false; ${remedy}`;
    return { idempotent };
  } catch {
    return `has a line \`# groundwork:\` that is no YAML: ${first}; ${remedy}`;
  }
}

/** Lines before the first that is neither a comment, blank, nor the start of the document. */
function headLength(text: string): number {
  const lines = text.split(/\r?\n/);
  const end = lines.findIndex((line) => !/^\s*(#.*|---\s*)?$/.test(line));
  return end === -1 ? lines.length : end;
}

/** Folders in which Ansible looks for what a playbook uses; in others lies what plays write. Collections carry versions. */
const USED_BY_PLAYBOOKS =
  /^(roles|tasks|handlers|vars|group_vars|host_vars|templates|files|library|module_utils|[a-z]+_plugins)$/;
const NOT_HASHED = /^(\..*|__pycache__)$/;

/** One digest of everything that a playbook can use from the folders beside it. */
async function digestBeside(directory: string): Promise<string> {
  const entries = await readdir(directory, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && USED_BY_PLAYBOOKS.test(entry.name));
  const lines = await Promise.all(folders.map((folder) => digestLines(join(directory, folder.name), directory)));
  return digestOf(lines.flat().toSorted().join('\n'));
}

async function digestLines(folder: string, root: string): Promise<string[]> {
  const lines: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (NOT_HASHED.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) lines.push(...(await digestLines(path, root)));
    // What cannot be read cannot be played either; a link to a folder is followed by Ansible but not here.
    else lines.push(`${relative(root, path)} ${digestOf(await readFile(path).catch(() => ''))}`);
  }
  return lines;
}

function digestOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
