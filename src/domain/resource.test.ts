import { describe, expect, it } from 'vitest';
import { outputOf, resolveReferences } from './resource.ts';
import { resourceOf } from './testing/ledger.ts';

const network = resourceOf('network', { providerId: 'net-1', outputs: { mtu: 1500 } });
const known = (key: string) => (key === 'network' ? network : undefined);

describe('resolveReferences', () => {
  it('puts in ids and outputs wherever they stand, and leaves the rest as it is', () => {
    const wanted = { id: outputOf('network', 'id'), deep: [{ mtu: outputOf('network', 'mtu') }, null, 7], name: 'x' };
    expect(resolveReferences(wanted, known)).toEqual({ id: 'net-1', deep: [{ mtu: 1500 }, null, 7], name: 'x' });
  });

  it.each([
    ['an unknown resource', outputOf('router', 'id'), /id of router, which is not known/],
    ['an unknown output', outputOf('network', 'speed'), /speed of network, which is not known/],
  ])('refuses %s', (_, reference, complaint) => {
    expect(() => resolveReferences({ it: reference }, known)).toThrow(complaint);
  });

  it('refuses a resource that has no id yet', () => {
    const pending = resourceOf('network', { providerId: null });
    expect(() => resolveReferences({ it: outputOf('network', 'id') }, () => pending)).toThrow(/which is not known/);
  });

  it("takes a user's metadata for what it is", () => {
    const metadata = { metadata: { $output: 'mine', other: 'x' } };
    expect(resolveReferences(metadata, known)).toEqual(metadata);
  });
});
