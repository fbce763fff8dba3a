import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { openDeadline } from './deadline.ts';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void; // V8's own

function reasonOf(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)));
}

describe('a deadline', () => {
  it('comes, however much garbage is collected until then', async () => {
    const reasons = Array.from({ length: 20 }, () => reasonOf(openDeadline(100, new AbortController().signal).signal));
    const collecting = setInterval(collectGarbage, 10);
    const outcome = await vi.waitFor(() => Promise.all(reasons), { timeout: 2_000 });
    clearInterval(collecting);
    expect(outcome.map((reason) => (reason as DOMException).name)).toEqual(reasons.map(() => 'TimeoutError'));
  });

  it('gives way to the other reason', async () => {
    const other = new AbortController();
    const { signal, clear } = openDeadline(60_000, other.signal);
    other.abort(new Error('stop'));
    expect(signal.reason).toEqual(new Error('stop'));
    clear();
  });

  it('that was cleared does not come', () => {
    vi.useFakeTimers();
    const { signal, clear } = openDeadline(10, new AbortController().signal);
    clear();
    vi.advanceTimersByTime(1_000);
    expect(signal.aborted).toBe(false);
    vi.useRealTimers();
  });
});
