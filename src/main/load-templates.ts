/**
 * Templates from files at every start: a new name is added, a changed file is a new version, an unchanged one nothing.
 */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Value } from 'typebox/value';
import { parse } from 'yaml';
import type { App, Caller } from '../app/app.ts';
import { CreateTemplateBody } from '../contract/template.ts';
import { GroundworkError } from '../domain/errors.ts';

const loader: Caller = { keyId: 'startup', name: 'startup', scope: 'admin' };

/** Files of a folder that are template files. @throws Error naming the folder */
export async function templateFilesIn(directory: string): Promise<string[]> {
  const names = await readdir(directory);
  return names
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => join(directory, name))
    .toSorted();
}

/** @returns names of the templates. @throws Error naming the file and everything that is wrong with it */
export async function loadTemplates(app: App, files: readonly string[]): Promise<string[]> {
  const names: string[] = [];
  for (const file of files) names.push(await loadTemplate(app, file));
  return names;
}

async function loadTemplate(app: App, file: string): Promise<string> {
  try {
    const body: unknown = parse(await readFile(file, 'utf8'));
    if (!Value.Check(CreateTemplateBody, body)) {
      const faults = Value.Errors(CreateTemplateBody, body).map(
        ({ instancePath, message }) => `${instancePath || '/'}: ${message}`,
      );
      throw new Error(faults.join('; '));
    }
    const { name, ...content } = body;
    await storeTemplate(app, name, content);
    return name;
  } catch (error) {
    throw new Error(`the template ${file} cannot be loaded: ${explain(error)}`, { cause: error });
  }
}

async function storeTemplate(app: App, name: string, content: Omit<CreateTemplateBody, 'name'>): Promise<void> {
  try {
    await app.updateTemplate(loader, name, content);
  } catch (error) {
    if (!(error instanceof GroundworkError) || error.code !== 'not_found') throw error;
    await app.createTemplate(loader, { name, ...content });
  }
}

function explain(error: unknown): string {
  if (error instanceof GroundworkError)
    return error.faults.map((fault) => `${fault.pointer}: ${fault.detail}`).join('; ') || error.detail;
  return error instanceof Error ? error.message : String(error);
}
