import { describe, expect, it } from 'vitest';
import { criticalPathMs, inDependencyOrder, type PlanNode } from './plan.ts';

const node = (key: string, dependsOn: readonly string[] = [], estimateMs = 1): PlanNode => ({
  key,
  action: 'present',
  kind: 'memory.network',
  region: 'here',
  wanted: {},
  dependsOn,
  estimateMs,
  estimateFrom: 'default',
});
const keys = (nodes: readonly { key: string }[]): string[] => nodes.map(({ key }) => key);

describe('inDependencyOrder', () => {
  it('puts foundations first and otherwise keeps the order that was given', () => {
    const nodes = [node('c', ['a']), node('d'), node('a', ['b']), node('b')];
    expect(keys(inDependencyOrder(nodes))).toEqual(['b', 'a', 'c', 'd']);
    expect(keys(inDependencyOrder([node('x'), node('y'), node('z')]))).toEqual(['x', 'y', 'z']);
  });

  it.each<[string, PlanNode[], RegExp]>([
    ['a cycle', [node('a', ['b']), node('b', ['a'])], /cycle through a/],
    ['a node that waits for itself', [node('a', ['a'])], /cycle through a/],
    ['two nodes with one key', [node('a'), node('a')], /two nodes with the same key/],
    ['an unknown predecessor', [node('a', ['ghost'])], /a depends on ghost, which is not in the plan/],
  ])('refuses %s', (_, nodes, complaint) => {
    expect(() => inDependencyOrder(nodes)).toThrow(complaint);
  });
});

describe('criticalPathMs', () => {
  it.each<[string, PlanNode[], number]>([
    ['nothing', [], 0],
    ['parallel nodes', [node('a', [], 5), node('b', [], 7)], 7],
    ['a chain', [node('a', [], 5), node('b', ['a'], 7)], 12],
    ['a diamond', [node('a', [], 1), node('b', ['a'], 10), node('c', ['a'], 2), node('d', ['b', 'c'], 1)], 12],
    ['a chain told from its end', [node('b', ['a'], 7), node('a', [], 5)], 12],
  ])('of %s is the sum of the longest way', (_, nodes, expected) => {
    expect(criticalPathMs(nodes)).toBe(expected);
  });
});
