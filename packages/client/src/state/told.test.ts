import type { DeltaFrame, Op, SnapshotFrame, SnapshotRow } from '@statewire/protocol';
import { describe, expect, test } from 'vitest';
import { Told } from './told.ts';

const at = { epoch: 'e1', org: 'main' };

function chunk(
  v: number,
  i: number,
  last: boolean,
  r: readonly SnapshotRow[],
  keep?: readonly number[],
): SnapshotFrame {
  return { t: 's', w: 1, v, i, last, r, ...(keep === undefined ? {} : { keep }) };
}

function delta(from: number, to: number, ...o: readonly Op[]): DeltaFrame {
  return { t: 'd', w: 1, v: [from, to], at: 0, o };
}

/** A view that holds a (rid 1, version 3) and b (rid 2, version 5) at version 5. */
function told(): Told {
  const view = new Told();
  view.refills();
  expect(
    view.snapshot(
      chunk(5, 0, true, [
        [1, 'a', 3, { n: 1, facts: { x: 1, y: 2 } }],
        [2, 'b', 5, { n: 2 }],
      ]),
      at,
    ),
  ).toBe('changed');
  return view;
}

const ids = (view: Told): string => view.rows.map(({ id, version }) => `${id}@${version}`).join(' ');

describe('snapshots', () => {
  test('[CL46] [RS6] old rows stay until the last chunk, then all are swapped at once', () => {
    const view = told();
    const before = view.rows;
    view.refills();
    expect(view.snapshot(chunk(9, 0, false, [[1, 'a', 3, { n: 1, facts: { x: 1, y: 2 } }]]), at)).toBe('same');
    expect(view.snapshot(chunk(9, 1, false, [[3, 'c', 8, { n: 3 }]]), at)).toBe('same');
    expect(view.rows).toBe(before);
    expect(view.position).toEqual({ e: 'e1', v: 5 });
    expect(view.isCaughtUp).toBe(false);
    expect(view.snapshot(chunk(9, 2, true, []), at)).toBe('changed');
    expect(ids(view)).toBe('a@3 c@8');
    expect(view.rows[0]).toBe(before[0]);
    expect([view.position, view.isCaughtUp, view.rows.length]).toEqual([{ e: 'e1', v: 9 }, true, 2]);
  });

  test('[CL46] a snapshot that says the same keeps the array and every row', () => {
    const view = told();
    const before = view.rows;
    view.refills();
    const same = chunk(7, 0, true, [
      [1, 'a', 3, { n: 1, facts: { y: 2, x: 1 } }],
      [2, 'b', 5, { n: 2 }],
    ]);
    expect(view.snapshot(same, at)).toBe('same');
    expect(view.rows).toBe(before);
    expect(view.position?.v).toBe(7);
    expect(view.delta(delta(7, 8, [1, 8, { n: 9 }]), at)).toBe('changed');
    expect(view.rows[0]).toMatchObject({ id: 'a', n: 9 });
  });

  test('[CL46] an empty view is known to be empty', () => {
    const view = new Told();
    expect([view.hasData, view.isCaughtUp]).toEqual([false, false]);
    view.refills();
    expect(view.snapshot(chunk(0, 0, true, []), at)).toBe('changed');
    expect([view.hasData, view.isCaughtUp, view.rows.length]).toEqual([true, true, 0]);
    expect(view.delta(delta(0, 1, [1, 1, { n: 1 }, 'a']), at)).toBe('changed');
  });

  test('[CL47] [RS6] a reconcile keeps what it names and drops the rest', () => {
    const view = told();
    const [a] = view.rows;
    view.refills();
    expect(view.snapshot(chunk(9, 0, true, [[3, 'c', 9, { n: 3 }]], [1]), at)).toBe('changed');
    expect(ids(view)).toBe('a@3 c@9');
    expect(view.rows[0]).toBe(a);
    expect([view.get('a'), view.get('b')]).toEqual([a, undefined]);
  });

  test('[CL47] keeping what is not held, or across epochs, means that the replica is broken', () => {
    expect(told().snapshot(chunk(9, 0, true, [], [7]), at)).toBe('broken');
    expect(told().snapshot(chunk(9, 0, true, [], [1]), { ...at, epoch: 'e2' })).toBe('broken');
  });

  test('[CL48] chunks out of order, of another version or without a beginning are gaps', () => {
    expect(told().snapshot(chunk(9, 1, true, []), at)).toBe('gap');
    const skipped = told();
    skipped.snapshot(chunk(9, 0, false, []), at);
    expect(skipped.snapshot(chunk(9, 2, true, []), at)).toBe('gap');
    const mixed = told();
    mixed.snapshot(chunk(9, 0, false, []), at);
    expect(mixed.snapshot(chunk(10, 1, true, []), at)).toBe('gap');
    expect(ids(mixed)).toBe('a@3 b@5');
  });

  test('[CL48] what was half collected is forgotten with its connection', () => {
    const view = told();
    view.snapshot(chunk(9, 0, false, [[3, 'c', 9, {}]]), at);
    view.restart();
    expect(view.snapshot(chunk(9, 1, true, []), at)).toBe('gap');
    expect(view.snapshot(chunk(9, 0, true, [[4, 'd', 9, {}]]), at)).toBe('changed');
    expect(ids(view)).toBe('d@9');
  });

  test('[CL48] a snapshot of what is already held, for nobody’s asking, goes nowhere', () => {
    const view = told();
    expect(view.snapshot(chunk(5, 0, true, []), at)).toBe('same');
    expect(view.snapshot(chunk(4, 0, true, []), at)).toBe('same');
    expect(ids(view)).toBe('a@3 b@5');
  });

  test('[CL49] [RS17] another epoch replaces everything, whatever its versions; same content keeps its parts', () => {
    const view = told();
    const facts = view.get('a')?.['facts'];
    view.refills();
    expect(
      view.snapshot(chunk(2, 0, true, [[71, 'a', 1, { n: 1, facts: { x: 1, y: 2 } }]]), { ...at, epoch: 'e2' }),
    ).toBe('changed');
    expect(ids(view)).toBe('a@1');
    expect(view.get('a')?.['facts']).toBe(facts);
    expect(view.position).toEqual({ e: 'e2', v: 2 });
  });
});

describe('deltas', () => {
  test('[CL40] updates, enters and leaves; untouched rows and parts keep their identity', () => {
    const view = told();
    const [a, b] = view.rows;
    expect(view.delta(delta(5, 6, [1, 6, { 'facts.x': 7 }]), at)).toBe('changed');
    expect(view.rows[0]).toEqual({ id: 'a', org: 'main', version: 6, n: 1, facts: { x: 7, y: 2 } });
    expect(a).toMatchObject({ facts: { x: 1 } });
    expect(view.rows[1]).toBe(b);
    expect(view.delta(delta(6, 8, [9, 8, { n: 9 }, 'z'], [2, 7, null, 'out']), at)).toBe('changed');
    expect(ids(view)).toBe('a@6 z@8');
  });

  test('[CL40] [RS7] a frame that starts beyond the position is a gap and changes nothing', () => {
    const view = told();
    const before = view.rows;
    expect(view.delta(delta(6, 7, [1, 7, { n: 9 }]), at)).toBe('gap');
    expect([view.rows, view.position]).toEqual([before, { e: 'e1', v: 5 }]);
  });

  test('[CL40] [RS7] [RS8] a frame that ends before the position is ignored, one that overlaps applies what is new', () => {
    const view = told();
    const before = view.rows;
    expect(view.delta(delta(3, 5, [1, 5, { n: 99 }]), at)).toBe('same');
    expect(view.rows).toBe(before);
    expect(view.delta(delta(2, 6, [1, 3, { n: 99 }], [2, 6, { n: 22 }]), at)).toBe('changed');
    expect(view.rows.map(({ n }) => n)).toEqual([1, 22]);
  });

  test('[CL40] [RS8] an update of a row that is not held means that the replica is broken, and nothing of its frame is counted', () => {
    const view = told();
    expect(view.delta(delta(5, 6, [1, 6, { n: 99 }], [8, 6, { n: 1 }]), at)).toBe('broken');
    expect(ids(view)).toBe('a@3 b@5');
    expect(view.position?.v).toBe(5);
  });

  test('[CL40] [RS8] leaving what is not held is no news; entering what is held replaces it', () => {
    const view = told();
    expect(view.delta(delta(5, 6, [8, 6, null, 'del']), at)).toBe('same');
    expect(view.position?.v).toBe(6);
    expect(view.delta(delta(6, 7, [1, 7, { n: 5 }, 'a']), at)).toBe('changed');
    expect(view.get('a')).toEqual({ id: 'a', org: 'main', version: 7, n: 5 });
  });

  test('[CL40] before a snapshot, or of another epoch, a delta is a gap', () => {
    expect(new Told().delta(delta(0, 1), at)).toBe('gap');
    expect(told().delta(delta(5, 6), { ...at, epoch: 'e2' })).toBe('gap');
  });

  test('[CL30] a resume is caught up when what was announced has been told', () => {
    const view = told();
    view.resumes(5);
    expect(view.isCaughtUp).toBe(true);
    view.resumes(8);
    expect(view.isCaughtUp).toBe(false);
    view.delta(delta(5, 8, [1, 8, { n: 3 }]), at);
    expect(view.isCaughtUp).toBe(true);
  });
});

test('[CL43] the watermark moves the position of its epoch forward only', () => {
  const view = told();
  view.watermark({ e: 'e1', v: 50 });
  view.watermark({ e: 'e1', v: 40 });
  view.watermark({ e: 'e2', v: 99 });
  expect(view.position).toEqual({ e: 'e1', v: 50 });
  const empty = new Told();
  empty.watermark({ e: 'e1', v: 1 });
  expect(empty.position).toBeNull();
});

test('[CL23] clear forgets rows and position, doubt only the position', () => {
  const view = told();
  const before = view.rows;
  view.doubt();
  expect([view.position, view.rows, view.hasData]).toEqual([null, before, true]);
  view.clear();
  expect([view.position, view.rows.length, view.get('a'), view.hasData]).toEqual([null, 0, undefined, false]);
});
