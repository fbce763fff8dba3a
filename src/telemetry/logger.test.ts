import { describe, expect, it } from 'vitest';

import type { Logger } from '../ports/logger.ts';
import { createLogger } from './logger.ts';
import type { LoggerOptions } from './logger.ts';

function capture(options: Partial<LoggerOptions> = {}): { logger: Logger; text: () => string } {
  const lines: string[] = [];
  const logger = createLogger({ level: 'debug', destination: { write: (line) => lines.push(line) }, ...options });
  return { logger, text: () => lines.join('') };
}

describe('the logger', () => {
  it('writes one JSON object a line with level name, RFC 3339 time, fields and sentence', () => {
    const { logger, text } = capture();
    logger.child({ run: 'r1' }).info({ node: 'network' }, 'node done');
    const record = JSON.parse(text());
    expect(record).toMatchObject({ level: 'info', run: 'r1', node: 'network', msg: 'node done' });
    expect(new Date(record.time).toISOString()).toBe(record.time);
  });

  it('keeps lines below its level to itself', () => {
    const { logger, text } = capture({ level: 'warn' });
    logger.info({}, 'routine');
    expect(text()).toBe('');
  });

  it('never writes a secret, however deep and wherever it hides', () => {
    const { logger, text } = capture();
    const cause = Object.assign(new Error('at postgres://me:hunter2@db/x'), { password: 'hunter2' });
    const fields = {
      api_key: 'hunter2',
      headers: { 'x-api-key': 'hunter2', Authorization: 'Bearer hunter2', 'X-Auth-Token': 'hunter2' },
      cloud: [{ auth: { application_credential_secret: 'hunter2', user_data: ['hunter2'] } }],
      url: new URL('http://u:hunter2@host/'),
      err: new Error('cannot connect to postgres://u:hunter2@host', { cause }),
    };
    logger.error(fields, 'failed');
    logger.child({ password: 'hunter2' }).info({}, 'child');
    expect(text()).not.toContain('hunter2');
    expect(text()).toContain('cannot connect to postgres://u:[redacted]@host');
  });

  it('keeps resource keys, counts and flags that are only named like secrets', () => {
    const { logger, text } = capture();
    logger.info({ key: 'server/web/2', token: 3, has_password: true }, 'kept');
    expect(JSON.parse(text())).toMatchObject({ key: 'server/web/2', token: 3, has_password: true });
  });

  it('writes an error with its chain of causes, and survives a circle', () => {
    const { logger, text } = capture();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    logger.error({ err: new TypeError('outer', { cause: new Error('inner') }), circle }, 'failed');
    const record = JSON.parse(text());
    expect(record.err).toMatchObject({ type: 'TypeError', message: 'outer', cause: { message: 'inner' } });
    expect(record.circle).toEqual({ self: '[circular]' });
  });

  it('writes for a person when asked to', () => {
    const { logger, text } = capture({ pretty: true });
    logger.warn({ run: 'r1', words: 'two words', err: Object.assign(new Error('x'), { stack: 'Error: x' }) }, 'slow');
    expect(text()).toMatch(/^\d\d:\d\d:\d\d warn {2}slow {2}run=r1 {2}words="two words"\n {4}Error: x\n$/);
  });
});
