/**
 * For how long the event loop of a process was busy. A process that waits costs nobody anything, so this is what to take
 * off where another program works on our behalf while we are timed.
 */

import { readFile } from 'node:fs/promises';

/** Clock ticks a second; the same on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;

/**
 * Processor time of the main thread since it began, in milliseconds.
 * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html (utime and stime, fields 14 and 15)
 */
export async function mainThreadTime(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/task/${pid}/stat`, 'utf8');
  // The name in brackets may hold blanks; behind it comes field 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}
