import { ok } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { openDesk, type Desk } from '../testing/desk.ts';
import { DERIVED_PAST, derivedPastOf } from '../derive/derived-past.ts';
import { DerivedPasts } from './derived-past.ts';
import { putMetric } from './metric.ts';

const SLOT_MS = 600_000;

async function count(desk: Desk, down: number): Promise<void> {
  await desk.keep.commit.write('main', 'system', (draft) => {
    putMetric(draft, 'fleet', { 'services.down': down });
    return ok(null);
  });
}

function pastsOf(desk: Desk, errors: unknown[] = []): DerivedPasts {
  const { keep, clock, store } = desk;
  return new DerivedPasts({
    clock,
    live: keep.live,
    store,
    commit: keep.commit,
    onError: (error) => errors.push(error),
  });
}

test('[DM10] the fleet is sampled before ten minutes are over, also by the next process, and nothing is told of it', async () => {
  const errors: unknown[] = [];
  const desk = await openDesk();
  const kept = async () => derivedPastOf(await desk.store.document(DERIVED_PAST, 'main', 'fleet'));
  const first = pastsOf(desk, errors);
  first.start();
  await count(desk, 3);
  await desk.clock.run(SLOT_MS);
  expect((await kept())?.values).toEqual({ 'services.down': 3 });
  const from = desk.clock.now();
  first.close();
  // A process is gone for a slot and a half.
  await desk.clock.run(1.5 * SLOT_MS);
  const second = pastsOf(desk, errors);
  second.start();
  await count(desk, 5);
  const { length } = desk.committed;
  await desk.clock.run(2 * SLOT_MS);
  const { past = {} } = (await kept()) ?? {};
  const { recent } = past['services.down'] ?? {};
  expect(recent?.values).toEqual([3, null, 5]);
  expect(recent?.from).toBe(from - SLOT_MS);
  // No record moved: nobody who watches has anything to hear.
  expect(desk.committed.slice(length).flatMap(({ changes }) => changes)).toEqual([]);
  second.close();
  expect(errors).toEqual([]);
  await desk.close();
});
