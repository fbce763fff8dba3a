/**
 * Variables for a play as `ansible-playbook` takes them: `k=v`, `@file`, or a map in JSON. Later ones go over earlier ones.
 */

import type { CliIo } from './cli-io.ts';
import { yamlValue } from './commands/parameter-option.ts';
import { EXIT, ExitWith } from './exit.ts';
import { parseRequestFile, readRequestFile } from './request-file.ts';

type Vars = Record<string, unknown>;

/** @returns undefined when none were given. @throws ExitWith (usage) */
export async function readExtraVars(io: CliIo, given: readonly string[]): Promise<Vars | undefined> {
  let all: Vars | undefined;
  for (const text of given) all = { ...all, ...(await readOne(io, text)) };
  return all;
}

async function readOne(io: CliIo, text: string): Promise<Vars> {
  if (text.startsWith('@')) return (await readRequestFile(io, text.slice(1))).body;
  if (text.trimStart().startsWith('{')) return parseRequestFile('--extra-vars', text).body;
  const separator = text.indexOf('=');
  if (separator < 1)
    throw new ExitWith(EXIT.usage, `--extra-vars ${text}: write it as name=value, @file or a JSON map`);
  return { [text.slice(0, separator)]: yamlValue(text.slice(separator + 1)) };
}
