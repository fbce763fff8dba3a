import { expect, it } from 'vitest';
import { JointListing } from './joint-listing.ts';

const never = new AbortController().signal;

/** Listings that end when they are told to; each shows its number. */
function listings() {
  const ends: ((fails?: Error) => void)[] = [];
  const shared = new JointListing<number>(
    () =>
      new Promise((resolve, reject) => {
        const number = ends.length + 1;
        ends.push((error) => (error ? reject(error) : resolve(number)));
      }),
  );
  const begun = async (count: number): Promise<void> => expect.poll(() => ends.length).toBe(count);
  return { shared, ends, begun };
}

it('shows nobody a listing that began before the question, and one to all who asked during the last', async () => {
  const { shared, ends, begun } = listings();
  const first = shared.next(never);
  await begun(1);
  const [second, third] = [shared.next(never), shared.next(never)];
  ends[0]?.();
  expect(await first).toBe(1);
  await begun(2);
  ends[1]?.();
  expect(await Promise.all([second, third])).toEqual([2, 2]);
  expect(ends).toHaveLength(2);
});

it('begins the next listing although the one before failed', async () => {
  const { shared, ends, begun } = listings();
  const first = shared.next(never);
  await begun(1);
  const second = shared.next(never);
  ends[0]?.(new Error('Neutron is away'));
  await expect(first).rejects.toThrow('Neutron is away');
  await begun(2);
  ends[1]?.();
  expect(await second).toBe(2);
});

it('lets one caller give up without taking the listing from the others', async () => {
  const { shared, ends, begun } = listings();
  const leaving = new AbortController();
  const [left, stayed] = [shared.next(leaving.signal), shared.next(never)];
  await begun(1);
  leaving.abort(new Error('cancelled'));
  await expect(left).rejects.toThrow('cancelled');
  ends[0]?.();
  expect(await stayed).toBe(1);
});
