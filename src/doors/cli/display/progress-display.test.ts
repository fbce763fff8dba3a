import { afterEach, describe, expect, it, vi } from 'vitest';

import { STARTED_AT, eventsOf, pendingRun } from '../testing/samples.ts';
import { createScreen } from '../testing/screen.ts';
import { createProgressDisplay } from './progress-display.ts';
import type { ProgressDisplay } from './progress-display.ts';

const EVENTS = eventsOf(
  [0, 'run.accepted', null, { kind: 'deploy', total: 14 }],
  [100, 'run.started', null, { kind: 'deploy', total: 14 }],
  [120, 'node.started', 'network', { kind: 'openstack.network' }],
  [400, 'node.done', 'network', { kind: 'openstack.network' }],
  [500, 'node.waiting', 'server/web/1', { detail: 'BUILD (spawning)' }],
  [600, 'node.retrying', 'server/web/1', { attempt: 2, detail: 'timeout' }],
  [700, 'node.failed', 'server/web/1', { detail: 'No valid host was found.' }],
  [800, 'run.rollback', null, { reason: 'failed', total: 1 }],
  [900, 'node.done', 'network', { phase: 'rollback', action: 'absent', detail: 'was not there' }],
  [1000, 'run.finished', null, { kind: 'deploy', status: 'failed', error: { message: 'No valid host was found.' } }],
);

let display: ProgressDisplay | undefined;
afterEach(() => {
  display?.close();
  vi.useRealTimers();
});

function open(isTTY: boolean, more: { columns?: number; rows?: number } = {}) {
  const written: string[] = [];
  const stream = { isTTY, write: (text: string) => written.push(text), columns: 80, rows: 24, ...more };
  const now = () => STARTED_AT + 1000;
  display = createProgressDisplay({ stream, color: false, title: 'web-app-prod in us-west-1', now });
  return { display, stream, text: () => written.join('') };
}

describe('without a terminal', () => {
  it('writes one plain line for each change, with the time since the run started', () => {
    const { display, text } = open(false);
    display.learn(pendingRun());
    for (const event of EVENTS) display.event(event);
    display.close();
    expect(text()).toMatchInlineSnapshot(`
      "    0.0 s  Deploy accepted
          0.0 s  Deploy started, 14 resources
          0.0 s  network                 creating
          0.3 s  network                 created
          0.4 s  server/web/1            creating: BUILD (spawning)
          0.5 s  server/web/1            trying again (attempt 2): timeout
          0.6 s  server/web/1            FAILED creating: No valid host was found.
          0.7 s  Rolling back 1 resource (failed)
          0.8 s  network                 deleted (was not there)
          0.9 s  Deploy failed: No valid host was found.
      "
    `);
    expect(text()).not.toContain('\u001b');
  });
});

describe('on a terminal', () => {
  it('redraws in place, leaves the last frame, and gives the cursor back', () => {
    vi.useFakeTimers();
    const { display, text } = open(true);
    for (const event of EVENTS.slice(0, 4)) display.event(event);
    vi.advanceTimersByTime(100);
    expect(text()).toContain('\u001b[?25l');
    expect(text()).toContain('Deploying web-app-prod in us-west-1');
    const height = text().split('\n').length - 1;
    vi.advanceTimersByTime(100);
    expect(text()).toContain(`\r\u001b[${height}A`);
    for (const event of EVENTS.slice(4)) display.event(event);
    display.close();
    expect(text()).toMatch(/✖ Deploy of web-app-prod in us-west-1 failed after 0\.9 s/);
    expect(text().endsWith('\u001b[?25h')).toBe(true);
    const length = text().length;
    vi.advanceTimersByTime(1000);
    expect(text()).toHaveLength(length);
  });

  it.each([24, 7])('shows one frame and nothing of those before, on %i rows', (rows) => {
    vi.useFakeTimers();
    const screen = createScreen(80, rows);
    screen.write('$ groundwork deploy prod.yaml --watch\n');
    const stream = { isTTY: true, write: (text: string) => screen.write(text), columns: 80, rows };
    const now = () => STARTED_AT + 1000;
    display = createProgressDisplay({ stream, color: true, title: 'web-app-prod in us-west-1', now });
    for (const event of EVENTS) {
      display.event(event);
      if (event.type === 'run.started') display.learn(pendingRun());
      vi.advanceTimersByTime(100);
      expect(screen.lines().filter((line) => line.includes('web-app-prod in us-west-1'))).toHaveLength(1);
    }
    display.close();
    expect(screen.lines()).toEqual([
      '$ groundwork deploy prod.yaml --watch',
      '✖ Deploy of web-app-prod in us-west-1 failed after 0.9 s, 1 resource rolled back',
      '✖ creating server/web/1: No valid host was found.',
      '',
    ]);
    expect(screen.cursorHidden).toBe(false);
  });

  it('climbs over the lines that a narrower terminal has wrapped', () => {
    vi.useFakeTimers();
    const { display, stream, text } = open(true);
    for (const event of EVENTS.slice(0, 3)) display.event(event);
    vi.advanceTimersByTime(100);
    const before = text().length;
    stream.columns = 40;
    vi.advanceTimersByTime(100);
    const [, up] = /\r\u001b\[(\d+)A/.exec(text().slice(before)) ?? [];
    expect(Number(up)).toBeGreaterThan(3);
  });

  it('leaves the end of one run standing and goes on with the next below', () => {
    const { display, text } = open(true);
    const next = eventsOf([1100, 'run.started', null, { kind: 'delete', total: 2 }]).map((event) => ({
      ...event,
      run_id: 'next',
    }));
    for (const event of [...EVENTS, ...next]) display.event(event);
    display.close();
    expect(text()).toContain('✖ Deploy of web-app-prod');
    expect(text()).toContain('Deleting web-app-prod');
  });
});
