import { describe, expect, it } from 'vitest';
import { eventTypeFaults } from './webhook.ts';
import { addressIsAllowed, webhookUrlFaults } from './webhook-target.ts';

describe('the target of a webhook', () => {
  it.each([
    'https://hooks.example.com/a?b=c',
    'http://hooks.example.com:8080',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
    'http://10.1.2.3/',
  ])('may be %s', (url) => {
    expect(webhookUrlFaults(url, ['10.0.0.0/8'])).toEqual([]);
  });

  it.each([
    ['nonsense', 'no URL'],
    ['ftp://example.com/', 'ftp:'],
    ['file:///etc/passwd', 'file:'],
    ['gopher://example.com/', 'gopher:'],
    ['javascript:alert(1)', 'javascript:'],
    ['https://me:secret@example.com/', 'credentials'],
    ['https://example.com/#x', 'fragment'],
    [`https://example.com/${'x'.repeat(3000)}`, 'too long'],
    ['http://127.0.0.1/', '127.0.0.1'],
    ['http://2130706433/', '127.0.0.1'],
    ['http://0x7f.1/', '127.0.0.1'],
    ['http://[::1]/', '::1'],
    ['http://[::ffff:127.0.0.1]/', '::ffff:7f00:1'],
    ['http://169.254.169.254/latest', '169.254.169.254'],
    ['http://192.168.1.1/', '192.168.1.1'],
    ['http://0.0.0.0/', '0.0.0.0'],
    ['http://[fd00::1]/', 'fd00::1'],
  ])('may not be %s', (url, words) => {
    const faults = webhookUrlFaults(url, ['10.0.0.0/8']);
    expect(faults).toMatchObject([{ pointer: '/url' }]);
    expect(faults[0]!.detail).toContain(words);
    expect(JSON.stringify(faults)).not.toContain('secret');
  });

  it('is allowed by network, of its own family', () => {
    expect(addressIsAllowed('10.1.2.3', ['fd00::/8', '10.1.0.0/16'])).toBe(true);
    expect(addressIsAllowed('10.2.0.1', ['10.1.0.0/16'])).toBe(false);
    expect(addressIsAllowed('::ffff:10.1.2.3', ['10.1.0.0/16'])).toBe(true);
    expect(addressIsAllowed('fd00::1', ['fd00::/8'])).toBe(true);
  });
});

describe('the filter of a webhook', () => {
  it('knows types, nouns and everything, and refuses what would never match', () => {
    expect(eventTypeFaults(['*', 'run.*', 'node.done', 'deployment.expiring'])).toEqual([]);
    expect(eventTypeFaults(['run.*', 'run.finish', 'x.*', '', 'run.'])).toMatchObject(
      [1, 2, 3, 4].map((index) => ({ pointer: `/event_types/${index}` })),
    );
  });
});
