import { expect, test, vi } from 'vitest';
import { later } from './later.ts';

test('what could not be loaded is asked for by the next press, and what is there is not asked for again', async () => {
  const Part = (): null => null;
  const load = vi.fn<() => Promise<typeof Part>>().mockRejectedValueOnce(new Error('away')).mockResolvedValue(Part);
  const part = later(load);
  const told = vi.fn<() => void>();
  part.load();
  part.load();
  expect(load).toHaveBeenCalledTimes(1);
  const leave = part.subscribe(told);
  await vi.waitFor(() => {
    part.load();
    expect(load).toHaveBeenCalledTimes(2);
  });
  await vi.waitFor(() => expect(part.get()).toBe(Part));
  expect(told).toHaveBeenCalledTimes(1);
  part.load();
  expect(load).toHaveBeenCalledTimes(2);
  leave();
});
