import { describe, expect, it } from 'vitest';
import type { Logger } from '../../ports/logger.ts';
import { createLibraryLog } from './library-log.ts';

const AWAY = 'Database connection failed: connect ECONNREFUSED. Retrying in 1.00s (attempt 1)';

function listen() {
  const lines: string[] = [];
  const note = (level: string) => (fields: Readonly<Record<string, unknown>>) =>
    void lines.push(`${level} ${String(fields['said'])}`);
  const log: Logger = {
    debug: note('debug'),
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
    child: () => log,
  };
  const clock = { now: 0, lastContact: 0 };
  const library = createLibraryLog(
    log,
    () => clock.lastContact,
    () => clock.now,
  );
  return { lines, clock, library };
}

describe('the log of the engine library', () => {
  it('warns once while the database is away, and again at the next outage', () => {
    const { lines, clock, library } = listen();
    for (clock.now = 1; clock.now < 4; clock.now += 1) library.warn(AWAY);
    clock.lastContact = 10;
    clock.now = 11;
    library.error(new Error('Connection terminated unexpectedly'));
    library.warn(AWAY);
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['warn', 'debug', 'debug', 'warn', 'debug']);
  });

  it('never keeps other complaints to itself', () => {
    const { lines, clock, library } = listen();
    clock.now = 1;
    library.warn(AWAY);
    library.error('Could not execute workflow with id 7');
    expect(lines[1]).toBe('warn Could not execute workflow with id 7');
  });

  it('takes what is routine for the library for a detail', () => {
    const { lines, library } = listen();
    library.info('Workflow started');
    library.debug('step');
    expect(lines).toEqual(['debug Workflow started']);
  });
});
