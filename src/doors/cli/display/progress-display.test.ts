import { afterEach, describe, expect, it, vi } from 'vitest';

import type { DeploymentEvent } from '../../../contract/event.ts';
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

describe('changes and plays', () => {
  const CHANGE = eventsOf(
    [0, 'run.started', null, { kind: 'update', total: 2 }],
    [100, 'node.started', 'server/web/1', { action: 'update' }],
    [200, 'resource.identified', 'server/web/2'],
    [300, 'node.done', 'server/web/1', { action: 'update' }],
    [400, 'node.waiting', 'server/web/2', { detail: 'ACTIVE (deleting)' }],
  );
  const PLAY = eventsOf(
    [0, 'run.started', null, { kind: 'configure', total: 1 }],
    [100, 'node.started', 'playbook', { action: 'act', kind: 'ansible.playbook' }],
    [
      200,
      'play.output',
      null,
      {
        lines: [
          { n: 1, text: 'TASK [ping] ***' },
          { n: 2, text: '  ok: [a\u001b[2J]' },
        ],
      },
    ],
    [300, 'play.recap', null, { playbook: 'site.yml', exit_code: 2, recap: { a: { ok: 1 }, b: { failed: 1 } } }],
    [400, 'node.done', 'playbook', { action: 'act' }],
    [500, 'run.finished', null, { kind: 'configure', status: 'succeeded' }],
  );
  const replacing = pendingRun().nodes.map((node) => ({ ...node, does: 'replace' as const }));

  it('are told in words of their own, a replacement as such once the run is known', () => {
    const { display, text } = open(false);
    display.event(CHANGE[0] as DeploymentEvent);
    display.learn({ ...pendingRun(), nodes: replacing.filter(({ key }) => key === 'server/web/2') });
    for (const event of CHANGE.slice(1)) display.event(event);
    expect(text()).toMatchInlineSnapshot(`
      "    0.0 s  Update started, 2 resources
          0.1 s  server/web/1            changing
          0.3 s  server/web/1            changed
          0.4 s  server/web/2            replacing: ACTIVE (deleting)
      "
    `);
  });

  it('show what a play prints, line by line and without control characters', () => {
    const { display, text } = open(false);
    for (const event of PLAY) display.event(event);
    expect(text()).toMatchInlineSnapshot(`
      "    0.0 s  Configuring started, 1 play
          0.1 s  playbook                running
          0.2 s  | TASK [ping] ***
          0.2 s  |   ok: [a [2J]
          0.3 s  play of site.yml ended with 2: 2 hosts, 1 with failures
          0.4 s  playbook                done
          0.5 s  Configuring succeeded
      "
    `);
  });

  it('leave what a play prints above the frame that is redrawn', () => {
    vi.useFakeTimers();
    const screen = createScreen(80, 24);
    const stream = { isTTY: true, write: (text: string) => screen.write(text), columns: 80, rows: 24 };
    display = createProgressDisplay({ stream, color: false, title: 'w', now: () => STARTED_AT + 1000 });
    for (const event of PLAY.slice(0, 3)) {
      display.event(event);
      vi.advanceTimersByTime(100);
    }
    expect(screen.lines()).toEqual([
      'TASK [ping] ***',
      '  ok: [a [2J]',
      'Configuring w',
      expect.stringContaining('0/1'),
      expect.stringMatching(/^\S playbook +running +0\.9 s$/),
      '',
    ]);
    for (const event of PLAY.slice(3)) display.event(event);
    display.close();
    expect(screen.lines().slice(2)).toEqual(['✔ Configured w: 1 play in 0.5 s', '']);
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
