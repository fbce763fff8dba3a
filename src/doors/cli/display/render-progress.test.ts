import { describe, expect, it } from 'vitest';

import type { DeploymentEvent } from '../../../contract/event.ts';
import { RUN_ID, STARTED_AT, eventsOf, pendingRun, serverNodes } from '../testing/samples.ts';
import { applyEvent, learnRun, startProgress } from './progress.ts';
import { renderProgress } from './render-progress.ts';
import { widthOf } from './terminal-text.ts';

const FORWARD = eventsOf(
  [0, 'run.started', null, { kind: 'deploy', total: 14 }],
  [10, 'node.started', 'router', { kind: 'openstack.router' }],
  [10, 'node.started', 'network', { kind: 'openstack.network' }],
  [900, 'node.done', 'network', { kind: 'openstack.network' }],
  [910, 'node.started', 'subnet/web'],
  [910, 'node.started', 'subnet/app'],
  [1500, 'node.done', 'subnet/web'],
  [1510, 'node.started', 'server/web/1'],
  [1520, 'node.started', 'server/web/2'],
  [2000, 'node.waiting', 'server/web/1', { detail: 'BUILD (spawning)' }],
  [2100, 'node.retrying', 'server/web/2', { attempt: 2, detail: '503 Service Unavailable: try again later' }],
);
const FAILURE = eventsOf(
  [4000, 'node.failed', 'server/web/2', { detail: 'Quota exceeded for cores: requested 2, used 20 of 20' }],
  [4500, 'node.done', 'server/web/1'],
  [4600, 'run.rollback', null, { reason: 'failed', total: 4 }],
  [4700, 'node.started', 'server/web/1', { phase: 'rollback', action: 'absent', kind: 'openstack.server' }],
  [5000, 'node.waiting', 'server/web/1', { phase: 'rollback', action: 'absent', detail: 'ACTIVE (deleting)' }],
);

function frame(events: readonly DeploymentEvent[], more: Partial<Parameters<typeof renderProgress>[1]> = {}): string[] {
  const progress = startProgress(RUN_ID);
  learnRun(progress, pendingRun());
  for (const event of events) applyEvent(progress, event);
  const size = { title: 'web-app-prod in us-west-1', now: STARTED_AT + 5200, columns: 80, rows: 24, color: false };
  return renderProgress(progress, { ...size, ...more });
}

describe('one frame of the live display', () => {
  it("shows bar, times, what is done, what is in flight with the cloud's words, and what is to come", async () => {
    await expect(`${frame(FORWARD).join('\n')}\n`).toMatchFileSnapshot('./goldens/progress-80.txt');
  });

  it('shows a failure and the rollback that follows', async () => {
    await expect(`${frame([...FORWARD, ...FAILURE]).join('\n')}\n`).toMatchFileSnapshot('./goldens/rollback-80.txt');
  });

  it('ends in one line that says how it went', () => {
    const succeeded = eventsOf([9000, 'run.finished', null, { kind: 'deploy', status: 'succeeded' }]);
    expect(frame([...FORWARD, ...succeeded])).toEqual(['✔ Deployed web-app-prod in us-west-1: 2 resources in 9.0 s']);
    const failed = eventsOf(
      [8000, 'node.done', 'server/web/1', { phase: 'rollback' }],
      [9000, 'run.finished', null, { kind: 'deploy', status: 'failed' }],
    );
    expect(frame([...FORWARD, ...FAILURE, ...failed])).toEqual([
      '✖ Deploy of web-app-prod in us-west-1 failed after 9.0 s, 1 resource rolled back',
      '✖ creating server/web/2: Quota exceeded for cores: requested 2, used 20 of 20',
    ]);
  });

  it.each([
    [40, 10],
    [80, 24],
    [200, 60],
  ])('fits a terminal of %i columns and %i rows, with a hundred servers in flight', (columns, rows) => {
    const many = serverNodes('web', 100)
      .map(({ key }, i) => eventsOf([i, 'node.started', key]))
      .flat();
    for (const color of [false, true]) {
      const lines = frame([...FORWARD, ...many], { columns, rows, color });
      expect(lines.length).toBeLessThan(rows);
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    }
  });

  it('says how many more are in flight than fit', () => {
    const many = serverNodes('web', 100)
      .map(({ key }, i) => eventsOf([i, 'node.started', key]))
      .flat();
    expect(frame([...FORWARD, ...many], { rows: 12 }).join('\n')).toMatch(/… and 9\d more in progress/);
  });

  it('gives no time left when nothing is known of the plan', () => {
    const progress = startProgress(RUN_ID);
    for (const event of FORWARD) applyEvent(progress, event);
    const size = { title: 't', now: STARTED_AT + 5200, columns: 80, rows: 24, color: false };
    expect(renderProgress(progress, size)[1]).toMatch(/ {2}2\/14 {2}5\.2 s$/);
  });
});
