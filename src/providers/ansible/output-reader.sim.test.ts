import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createMask } from './mask.ts';
import { FROM_THE_BEGINNING, openOutput, type OutputLine, type OutputReader } from './output-reader.ts';

let directory = '';
let files: { stdout: string; stderr: string };
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'output-'));
  files = { stdout: join(directory, 'stdout'), stderr: join(directory, 'stderr') };
});
afterEach(() => rm(directory, { recursive: true }));

const NO_SECRETS = createMask([]);

async function drain(output: OutputReader): Promise<OutputLine[]> {
  const lines: OutputLine[] = [];
  for (;;) {
    const batch = await output.read(true);
    if (batch.lines.length === 0) return lines;
    lines.push(...batch.lines);
  }
}

it('tells whole lines only, until the end', async () => {
  const output = openOutput(files, NO_SECRETS, FROM_THE_BEGINNING);
  expect((await output.read(false)).lines).toEqual([]);
  await appendFile(files.stdout, 'one\r\ntw');
  await appendFile(files.stderr, 'warn\n');
  expect((await output.read(false)).lines).toEqual([
    { n: 1, stream: 'stdout', text: 'one' },
    { n: 2, stream: 'stderr', text: 'warn' },
  ]);
  await appendFile(files.stdout, 'o\n\nlast');
  expect((await output.read(false)).lines.map(({ text }) => text)).toEqual(['two', '']);
  expect(await drain(output)).toEqual([{ n: 5, stream: 'stdout', text: 'last' }]);
});

it('goes on from where another reader got to', async () => {
  await appendFile(files.stdout, 'one\ntwo\n');
  const first = openOutput(files, NO_SECRETS, FROM_THE_BEGINNING);
  const { position } = await first.read(false);
  await appendFile(files.stdout, 'three\n');
  expect(await drain(openOutput(files, NO_SECRETS, position))).toEqual([{ n: 3, stream: 'stdout', text: 'three' }]);
});

it('keeps every line over many batches, and characters whole', async () => {
  const lines = Array.from({ length: 500 }, (_, index) => `zeile ${index} äöü€😀`);
  await appendFile(files.stdout, `${lines.join('\n')}\n`);
  const told = await drain(openOutput(files, NO_SECRETS, FROM_THE_BEGINNING, { batchBytes: 100 }));
  expect(told.map(({ text }) => text)).toEqual(lines);
});

it('cuts a line without end where neither a secret nor a character stands', async () => {
  const mask = createMask(['TOP-SECRET']);
  const line = `${'ä'.repeat(40)}TOP-SECRET${'b'.repeat(300)}TOP-SECRET`;
  await appendFile(files.stdout, line);
  const told = await drain(openOutput(files, mask, FROM_THE_BEGINNING, { batchBytes: 96 }));
  expect(told.length).toBeGreaterThan(2);
  expect(told.map(({ text }) => text).join('')).toBe(line.replaceAll('TOP-SECRET', '********'));
});

it('replaces what JSON in a database cannot hold', async () => {
  await appendFile(files.stdout, Buffer.from([0x61, 0x00, 0xff, 0x0a]));
  const [line] = await drain(openOutput(files, NO_SECRETS, FROM_THE_BEGINNING));
  expect(line?.text).toBe('a\uFFFD\uFFFD');
});
