/**
 * What DBOS says, in our log. It tells much at info that is routine for us, and its errors about single steps are ours to
 * report. While the database is away each of its loops and steps complains at every attempt: one sentence says as much.
 */

import type { Logger } from '../../ports/logger.ts';

const ABOUT_THE_DATABASE =
  /database|connection|connect |terminat|shutting down|starting up|timeout|ECONN|ENOENT|EPIPE|polling queue|listing|recovery mode/i;

interface LibraryLog {
  debug(entry: unknown): void;
  info(entry: unknown): void;
  warn(entry: unknown): void;
  error(entry: unknown): void;
}

/**
 * @param lastContact when the database last answered, in milliseconds of the same clock as `now`; a complaint about it is a
 * warning when the database has answered since the last such warning, otherwise it goes to debug
 */
export function createLibraryLog(log: Logger, lastContact: () => number, now = () => performance.now()): LibraryLog {
  let complainedAt = -Infinity;
  const isRepetition = (said: string): boolean => {
    if (!ABOUT_THE_DATABASE.test(said)) return false;
    if (lastContact() <= complainedAt) return true;
    complainedAt = now();
    return false;
  };
  const say = (level: 'debug' | 'warn', said: string): void => log[level]({ said }, 'the engine library says');
  const complain = (entry: unknown): void => {
    const said = String(entry);
    say(isRepetition(said) ? 'debug' : 'warn', said);
  };
  return { debug: () => {}, info: (entry) => say('debug', String(entry)), warn: complain, error: complain };
}
