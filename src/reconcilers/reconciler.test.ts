import { describe, expect, it, vi } from 'vitest';
import type { Logger } from '../ports/logger.ts';
import { createReconciler } from './reconciler.ts';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

describe('a reconciler', () => {
  it('does its deed without a rest while there is more to do, and rests when there is not', async () => {
    let left = 3;
    const deed = vi.fn<(signal: AbortSignal) => Promise<boolean>>(async () => (left -= 1) > 0);
    const reconciler = createReconciler({ name: 'test', everyMs: 60_000, deed, log: silent });
    reconciler.start();
    await vi.waitFor(() => expect(deed).toHaveBeenCalledTimes(3));
    await reconciler.stop();
    expect(deed).toHaveBeenCalledTimes(3);
  });

  it('outlives a deed that fails', async () => {
    let calls = 0;
    const deed = async (): Promise<boolean> => {
      calls += 1;
      if (calls === 1) throw new Error('the database is away');
      return false;
    };
    const reconciler = createReconciler({ name: 'test', everyMs: 1, deed, log: silent });
    reconciler.start();
    await vi.waitFor(() => expect(calls).toBeGreaterThan(2));
    await reconciler.stop();
  });

  it('tells the deed under way to stop, and waits for its end', async () => {
    let ended = false;
    const deed = (signal: AbortSignal): Promise<boolean> =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () =>
          setImmediate(() => {
            ended = true;
            resolve(true);
          }),
        );
      });
    const reconciler = createReconciler({ name: 'test', everyMs: 1, deed, log: silent });
    reconciler.start();
    await reconciler.stop();
    expect(ended).toBe(true);
  });
});
