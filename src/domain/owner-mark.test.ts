import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatOwnerMark, ownerMarkFields, ownerMarkFromFields, parseOwnerMark, sameMark } from './owner-mark.ts';
import { partName } from './testing/arbitrary-template.ts';

const mark = fc.record({
  owner: fc.uuid(),
  key: fc.oneof(
    fc.constantFrom('network', 'router'),
    partName.map((name) => `subnet/${name}`),
    fc.tuple(partName, fc.integer({ min: 1, max: 999 })).map(([tier, ordinal]) => `server/${tier}/${ordinal}`),
  ),
  generation: fc.integer({ min: 1, max: 10_000 }),
});

describe('an owner mark', () => {
  it('comes back from the text and from the fields that carry it', () => {
    fc.assert(
      fc.property(mark, (given) => {
        expect(parseOwnerMark(formatOwnerMark(given))).toEqual(given);
        expect(ownerMarkFromFields(ownerMarkFields(given))).toEqual(given);
      }),
    );
  });

  it('is found in a text that somebody added words to', () => {
    fc.assert(
      fc.property(mark, (given) => {
        expect(parseOwnerMark(`keep this! ${formatOwnerMark(given)} (ops)`)).toEqual(given);
      }),
    );
  });

  it('fits the 255 characters of a Neutron description at its longest', () => {
    const longest = `server/${'t'.repeat(31)}/10000`;
    const text = formatOwnerMark({ owner: '0'.repeat(36), key: longest, generation: 999_999 });
    expect(text.length).toBeLessThanOrEqual(255);
  });

  it.each([
    undefined,
    null,
    '',
    'a network of ours',
    'groundwork owner=short key=network generation=1',
    'groundwork owner=01890000-0000-7000-8000-000000000000 key= generation=1',
    'groundwork owner=01890000-0000-7000-8000-000000000000 key=network generation=one',
    'undergroundwork owner=01890000-0000-7000-8000-000000000000 key=network generation=1',
  ])('is not seen in %j', (text) => {
    expect(parseOwnerMark(text)).toBeUndefined();
  });

  it.each([
    undefined,
    {},
    { groundwork_owner: 'o', groundwork_key: 'k' },
    { groundwork_owner: 'o', groundwork_key: 'k', groundwork_generation: '' },
    { groundwork_owner: 'o', groundwork_key: 'k', groundwork_generation: '1.5' },
    { groundwork_owner: '', groundwork_key: 'k', groundwork_generation: '1' },
  ])('is not seen in the fields %j', (fields) => {
    expect(ownerMarkFromFields(fields)).toBeUndefined();
  });

  it('is the same when all three parts are', () => {
    const one = { owner: 'o', key: 'k', generation: 1 };
    expect(sameMark(one, { ...one })).toBe(true);
    for (const change of [{ owner: 'p' }, { key: 'l' }, { generation: 2 }])
      expect(sameMark(one, { ...one, ...change })).toBe(false);
  });
});
