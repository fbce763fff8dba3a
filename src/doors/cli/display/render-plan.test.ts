import { describe, expect, it } from 'vitest';

import { dryRun, planNode, serverNodes } from '../testing/samples.ts';
import { renderPlan } from './render-plan.ts';
import { widthOf } from './terminal-text.ts';

const plainAt = (columns: number) => ({ columns, color: false });

describe('a plan before it happens', () => {
  it('is a tree of what waits for what, with times side by side', async () => {
    const lines = renderPlan(dryRun(), plainAt(80));
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('./goldens/plan-80.txt');
  });

  it('draws long rows of equal servers as one line', () => {
    const nodes = [
      planNode('network', 'network', 1000),
      planNode('subnet', 'subnet/web', 1000, ['network']),
      ...serverNodes('web', 100),
    ];
    const lines = renderPlan(dryRun(nodes, 22_000), plainAt(80));
    expect(lines).toHaveLength(2 + 3 + 3);
    expect(lines[4]).toContain('└─ server/web/1…100 (100)');
    expect(lines[6]).toBe('102 resources: 1 network, 1 subnet, 100 servers');
  });

  it.each([40, 60, 80, 132])('fits %i columns', (columns) => {
    for (const color of [false, true]) {
      for (const line of renderPlan(dryRun(), { columns, color })) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    }
  });

  it('says how far its times rest on experience', () => {
    const known = dryRun().plan.nodes.map((node, i) => ({
      ...node,
      estimate_from: i < 4 ? ('history' as const) : ('default' as const),
    }));
    expect(renderPlan(dryRun(known), plainAt(80)).at(-1)).toBe('Estimated time: 23 s (from past runs for 4 of 14)');
  });

  it('does not let a name steer the terminal', () => {
    const lines = renderPlan({ ...dryRun(), name: 'evil\u001b[2J' }, plainAt(80));
    expect(lines.join('')).not.toContain('\u001b');
  });
});
