/**
 * What a play prints, as numbered lines without secrets. It reads the two files that the play writes, from wherever an
 * earlier reader got to, and never further than the last whole line until the play has ended.
 *
 * Lines of one stream keep their order. Between the two streams the order is that of reading, ten times a second.
 */

import { open } from 'node:fs/promises';
import type { JsonObject } from '../../domain/json.ts';
import type { AttemptDirectory } from './attempt-directory.ts';
import type { Mask } from './mask.ts';

type StreamName = 'stdout' | 'stderr';

export interface OutputLine extends JsonObject {
  /** Counts from 1 within the attempt. */
  readonly n: number;
  readonly stream: StreamName;
  readonly text: string;
}

/** Where a reader got to. */
export interface OutputPosition {
  /** Number of the last line. */
  readonly line: number;
  /** Bytes read of each file. */
  readonly stdout: number;
  readonly stderr: number;
}

export interface OutputBatch {
  readonly lines: readonly OutputLine[];
  readonly position: OutputPosition;
}

export interface OutputReader {
  /** The next lines, none when there is nothing new. `final`: the last line needs no end. */
  read(final: boolean): Promise<OutputBatch>;
}

export const FROM_THE_BEGINNING: OutputPosition = { line: 0, stdout: 0, stderr: 0 };

/** Most bytes that are read of each file at once: the size of one event. */
const BATCH_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** @param limits for tests: the size of a batch in bytes */
export function openOutput(
  directory: Pick<AttemptDirectory, StreamName>,
  mask: Mask,
  from: OutputPosition,
  limits: { readonly batchBytes: number } = { batchBytes: BATCH_BYTES },
): OutputReader {
  let position = from;
  const readStream = async (stream: StreamName, final: boolean): Promise<string[]> => {
    const bytes = await readFrom(directory[stream], position[stream], limits.batchBytes);
    const length = wholeLength(bytes, { final, isFull: bytes.length === limits.batchBytes, mask });
    position = { ...position, [stream]: position[stream] + length };
    return linesOf(bytes.subarray(0, length)).map((line) => mask(line.replaceAll('\0', '\uFFFD')));
  };
  return {
    async read(final) {
      const lines: OutputLine[] = [];
      for (const stream of ['stdout', 'stderr'] as const) {
        for (const text of await readStream(stream, final)) {
          position = { ...position, line: position.line + 1 };
          lines.push({ n: position.line, stream, text });
        }
      }
      return { lines, position };
    },
  };
}

async function readFrom(path: string, offset: number, length: number): Promise<Buffer> {
  const file = await open(path, 'r').catch(() => undefined); // not begun
  if (!file) return Buffer.alloc(0);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Bytes up to the end of the last whole line; a line that fills the batch is cut where no secret and no character stands. */
function wholeLength(bytes: Buffer, { final, isFull, mask }: { final: boolean; isFull: boolean; mask: Mask }): number {
  const end = bytes.lastIndexOf(NEWLINE) + 1;
  if (end > 0 && (isFull || !final)) return end;
  if (isFull) return cutOf(bytes, mask);
  return final ? bytes.length : 0;
}

function cutOf(bytes: Buffer, { forms }: Mask): number {
  let cut = bytes.length - Math.max(4, ...forms.map((form) => form.length));
  for (const form of forms) {
    const at = bytes.indexOf(form, Math.max(0, cut - form.length + 1));
    if (at > 0 && at < cut) cut = at;
  }
  while (cut > 1 && ((bytes[cut] ?? 0) & 0xc0) === 0x80) cut -= 1;
  return Math.max(1, cut);
}

function linesOf(bytes: Buffer): string[] {
  if (bytes.length === 0) return [];
  const lines = bytes.toString('utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => line.replace(/\r$/, ''));
}
