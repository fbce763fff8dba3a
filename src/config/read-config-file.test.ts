import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { readConfigFile } from './read-config-file.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'groundwork-config-'));
});
afterEach(() => rm(directory, { recursive: true }));

it('finds nothing where nothing is, and groundwork.yaml where it is', async () => {
  expect(await readConfigFile({ environment: {}, workingDirectory: directory })).toBeUndefined();
  await writeFile(join(directory, 'groundwork.yaml'), 'log: {}');
  expect(await readConfigFile({ environment: {}, workingDirectory: directory })).toEqual({
    path: join(directory, 'groundwork.yaml'),
    name: 'groundwork.yaml',
    directory,
    text: 'log: {}',
  });
});

it('refuses to go on without a file that was asked for', async () => {
  const environment = { GROUNDWORK_CONFIG: 'missing.yaml' };
  const asked = readConfigFile({ environment, workingDirectory: directory });
  await expect(asked).rejects.toThrow(
    `GROUNDWORK_CONFIG\n    The file ${join(directory, 'missing.yaml')} does not exist.`,
  );
});

it('lets the flag go before the variable', async () => {
  await writeFile(join(directory, 'b.yaml'), '# b');
  const options = { environment: { GROUNDWORK_CONFIG: 'a.yaml' }, flags: { config: 'b.yaml' } };
  expect((await readConfigFile({ ...options, workingDirectory: directory }))?.text).toBe('# b');
});
