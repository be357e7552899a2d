import { ok, refuse } from '@statewire/protocol';
import { expect, test } from 'vitest';
import type { Commit, Draft } from '../../../keep/commit-types.ts';
import type { DocumentRow } from '../../../keep/store.ts';
import { limits } from '../../../lib/limits.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { Kept } from './kept.ts';
import { Ledger } from './ledger.ts';

/** A store of documents that outlives the process, and may fail; and processes over it, one after the other. */
function world() {
  const clock = new FakeClock();
  const disk = new Map<string, DocumentRow>();
  const seen = { isFailing: false, writes: 0, rows: 0 };
  const bounds = { ...limits, keptPerTopicMax: 3, commitBatchBytesMax: 1_000 };
  const store = { documents: async () => [...disk.values()] };
  const write: Commit['write'] = async (org, _, tx) => {
    if (seen.isFailing) return refuse('unavailable', 'the disk is full');
    seen.writes += 1;
    const document: Draft['document'] = (kind, id, value, expiresAt = null) => {
      seen.rows += 1;
      if (value === null) disk.delete(id);
      else if (typeof value !== 'function') disk.set(id, { kind, org, id, value, expiresAt });
    };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: a ledger writes documents and nothing else.
    const outcome = tx({ document } as Draft);
    return outcome.ok ? ok({ version: 0, value: outcome.value }) : outcome;
  };
  const start = async () => {
    const kept = new Kept({ clock, limits: bounds });
    const ledger = new Ledger({ clock, limits: bounds, commit: { write }, store, kept });
    await ledger.start();
    const say = (x: number | Uint8Array, topic = 't'): void => {
      kept.keep('main', topic, { event: 'e', payload: x instanceof Uint8Array ? x : { x } }, null);
      ledger.note();
    };
    const heard = (topic = 't') => kept.since('main', topic, { since: 0, limit: 25 }).map(({ payload }) => payload);
    return { ledger, kept, say, heard };
  };
  return { clock, disk, seen, start };
}

test('[SB13] what was answered for is there after a crash, in order, and what was kept no more is not', async () => {
  const { clock, start } = world();
  const first = await start();
  for (const x of [1, 2, 3, 4]) first.say(x);
  first.say(new Uint8Array([0, 255]), 'bytes');
  expect(await first.ledger.settled()).toEqual(ok(null));
  first.say(5);
  expect(await first.ledger.settled()).toEqual(ok(null));
  const second = await start();
  expect(second.heard()).toEqual([{ x: 3 }, { x: 4 }, { x: 5 }]);
  expect(second.heard('bytes')).toEqual([new Uint8Array([0, 255])]);
  // The clock of the machine is set back when this one is said: its place is still the last.
  clock.jump(-5_000);
  second.say(6);
  await second.ledger.settled();
  clock.jump(5_000);
  expect((await start()).heard()).toEqual([{ x: 4 }, { x: 5 }, { x: 6 }]);
  clock.advance(limits.keptMs - 1);
  expect((await start()).heard()).toEqual([{ x: 4 }, { x: 5 }]);
  clock.advance(1);
  expect((await start()).heard()).toEqual([]);
});

test('[SB13] what nobody waits for is written together and soon; what came and went meanwhile never', async () => {
  const { clock, disk, seen, start } = world();
  const { ledger, say } = await start();
  for (let x = 0; x < 50; x += 1) say(x);
  await clock.run(limits.keptWithinMs - 1);
  expect(seen.writes).toBe(0);
  await clock.run(1);
  expect(seen).toMatchObject({ writes: 1, rows: 3 });
  expect(disk.size).toBe(3);
  // Much of it goes in several transactions, so that others get between.
  for (let topic = 0; topic < 50; topic += 1) say(1, `topic ${topic}`);
  await ledger.settled();
  expect(seen.writes).toBeGreaterThan(5);
  expect(disk.size).toBe(53);
});

test('[SB13] whoever waits is told when it cannot be kept, and it is tried again', async () => {
  const { clock, seen, start } = world();
  const { ledger, say, heard } = await start();
  seen.isFailing = true;
  say(1);
  expect(await ledger.settled()).toMatchObject({ ok: false, code: 'unavailable' });
  expect(heard()).toEqual([{ x: 1 }]);
  for (const x of [2, 3, 4]) say(x);
  await ledger.settled();
  seen.isFailing = false;
  await clock.run(limits.keptAgainMs);
  expect((await start()).heard()).toEqual([{ x: 2 }, { x: 3 }, { x: 4 }]);
});
