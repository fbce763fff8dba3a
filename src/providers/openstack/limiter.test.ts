import { beforeEach, describe, expect, it } from 'vitest';

import { Limiter } from './limiter.ts';
import { ManualClock } from '../../../tests/kit/manual-clock.ts';

const never = new AbortController().signal;
const OPEN = { concurrency: 100, ratePerSecond: 1000, burst: 1000 };

describe('Limiter', () => {
  let clock: ManualClock;
  let admitted: string[];

  beforeEach(() => {
    clock = new ManualClock();
    admitted = [];
  });

  /** Queues a call and notes when it is admitted. */
  function ask(limiter: Limiter, name: string, service = 'compute'): Promise<() => void> {
    const turn = limiter.acquire(service, never);
    void turn.then(() => admitted.push(name));
    return turn;
  }

  it('lets no more calls be open than it is told, and admits the next when one is done', async () => {
    const limiter = new Limiter({ ...OPEN, concurrency: 2 }, clock);
    const first = await ask(limiter, 'a');
    await ask(limiter, 'b');
    const third = ask(limiter, 'c');
    await clock.advance(60_000);
    expect(admitted).toEqual(['a', 'b']);
    first();
    await third;
    expect(admitted).toEqual(['a', 'b', 'c']);
  });

  it('counts a slot that is given back twice once', async () => {
    const limiter = new Limiter({ ...OPEN, concurrency: 1 }, clock);
    const release = await ask(limiter, 'a');
    release();
    release();
    await ask(limiter, 'b');
    void ask(limiter, 'c');
    await clock.advance(0);
    expect(admitted).toEqual(['a', 'b']);
  });

  it('starts a burst at once and the rest at the rate, in order of arrival', async () => {
    const limiter = new Limiter({ concurrency: 100, ratePerSecond: 10, burst: 3 }, clock);
    for (const name of ['a', 'b', 'c', 'd', 'e']) void ask(limiter, name);
    await clock.advance(0);
    expect(admitted).toEqual(['a', 'b', 'c']);
    await clock.advance(99);
    expect(admitted).toHaveLength(3);
    await clock.advance(1);
    expect(admitted).toEqual(['a', 'b', 'c', 'd']);
    await clock.advance(100);
    expect(admitted).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('saves up no more than a burst while nothing happens', async () => {
    const limiter = new Limiter({ concurrency: 100, ratePerSecond: 10, burst: 2 }, clock);
    await clock.advance(3600_000);
    for (const name of ['a', 'b', 'c']) void ask(limiter, name);
    await clock.advance(0);
    expect(admitted).toEqual(['a', 'b']);
  });

  it('holds back the paused service and nobody else', async () => {
    const limiter = new Limiter(OPEN, clock);
    limiter.pause('compute', 2000);
    void ask(limiter, 'nova', 'compute');
    void ask(limiter, 'neutron', 'network');
    await clock.advance(1999);
    expect(admitted).toEqual(['neutron']);
    await clock.advance(1);
    expect(admitted).toEqual(['neutron', 'nova']);
  });

  it('keeps the longer of two pauses', async () => {
    const limiter = new Limiter(OPEN, clock);
    limiter.pause('compute', 2000);
    limiter.pause('compute', 10);
    void ask(limiter, 'nova');
    await clock.advance(1000);
    expect(admitted).toEqual([]);
    await clock.advance(1000);
    expect(admitted).toEqual(['nova']);
  });

  it('forgets a caller that gave up, and admits the one behind it', async () => {
    const limiter = new Limiter({ ...OPEN, concurrency: 1 }, clock);
    const release = await ask(limiter, 'a');
    const impatient = new AbortController();
    const abandoned = limiter.acquire('compute', impatient.signal);
    const last = ask(limiter, 'c');
    impatient.abort(new Error('no more time'));
    await expect(abandoned).rejects.toThrow('no more time');
    release();
    await last;
    expect(admitted).toEqual(['a', 'c']);
  });

  it('refuses a caller whose time is up already', async () => {
    const limiter = new Limiter(OPEN, clock);
    await expect(limiter.acquire('compute', AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
  });
});
