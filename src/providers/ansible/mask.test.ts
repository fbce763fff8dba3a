import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMask } from './mask.ts';

describe('createMask', () => {
  it('finds a secret in every form in which it may be printed', () => {
    const secret = `it's "quoted" \\ and ümläut`;
    const mask = createMask([secret]);
    const forms = [
      secret,
      JSON.stringify(secret),
      Buffer.from(secret).toString('base64'),
      encodeURIComponent(secret),
      String.raw`it\'s "quoted" \\ and ümläut`,
      String.raw`it's \"quoted\" \\ and \u00fcml\u00e4ut`,
    ];
    for (const form of forms) expect(mask(`<${form}>`)).toMatch(/^<"?\*{8}"?>$/);
  });

  it('masks each line of a secret that has several', () => {
    const mask = createMask(['-----BEGIN KEY-----\nAAAABBBB\nCCCC\n']);
    expect(mask('got AAAABBBB')).toBe('got ********');
    expect(mask('["-----BEGIN KEY-----\\nAAAABBBB\\nCCCC\\n"]')).toBe('["********"]');
  });

  it('masks a short secret only where it stands by itself', () => {
    const mask = createMask(['7']);
    expect(mask('pin 7, port 7070, 1.7')).toBe('pin ********, port 7070, 1.********');
  });

  it('takes the longest first, and leaves the rest as it is', () => {
    expect(createMask(['secret', 'secret-two'])('secret-two secret x')).toBe('******** ******** x');
    expect(createMask([])('nothing to hide')).toBe('nothing to hide');
  });

  it('never lets a secret of four and more characters through', () => {
    const text = fc.string({ minLength: 4, maxLength: 30 }).filter((secret) => secret.trim().length >= 4);
    fc.assert(
      fc.property(text, fc.string(), fc.string(), (secret, before, after) => {
        expect(createMask([secret])(before + secret + after).replaceAll('********', '<>')).not.toContain(secret);
      }),
    );
  });
});
