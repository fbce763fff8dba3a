/**
 * How much memory a process holds, and how long its event loop keeps others waiting.
 */

import { readFile } from 'node:fs/promises';

export interface Footprint {
  /** Resident set in MB (10^6 bytes). */
  readonly rss: number;
  /** The largest it has been; undefined where the system does not tell. */
  readonly peak: number | undefined;
  /** 99th percentile of the event loop's delay since it was last asked, in milliseconds. */
  readonly loopDelay: number;
}

export async function footprintOf({ pid, url }: { pid: number; url: string }): Promise<Footprint> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const metric = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  return {
    rss: metric('process_resident_memory_bytes') / 1e6,
    peak: await peakOf(pid),
    loopDelay: metric('nodejs_eventloop_lag_p99_seconds') * 1000,
  };
}

/** https://man7.org/linux/man-pages/man5/proc_pid_status.5.html (VmHWM, in kibibytes) */
async function peakOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : (Number(kibibytes) * 1024) / 1e6;
}
