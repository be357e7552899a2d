import { cleanup, render, renderHook, screen } from '@testing-library/react';
import { memo, type ReactNode } from 'react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StatewireProvider, useAggregate, useCollection, useCount, useWindow, type LiveWindow } from './index.ts';
import { createTestStatewire, type TestWorld } from './testing/index.ts';
import type { Row } from '@statewire/protocol';

let world: TestWorld;

beforeEach(async () => {
  world = createTestStatewire();
  for (let i = 0; i < 300; i += 1) world.server.put('things', { id: `t${String(i).padStart(3, '0')}`, n: i });
});

afterEach(() => {
  cleanup();
  world.client.close();
  expect(world.env.errors).toEqual([]);
});

async function show(node: ReactNode): Promise<void> {
  render(<StatewireProvider client={world.client}>{node}</StatewireProvider>);
  await world.settle();
}

test('[RH18] a window of a collection is in order, knows how many there are, and renders again only the rows that changed', async () => {
  const renders: string[] = [];
  const Line = memo(({ row }: { readonly row: Row }) => {
    renders.push(row.id);
    return <li>{row.id}</li>;
  });
  function List(): ReactNode {
    const { data, total, hasAfter, endCursor } = useCollection('things', { sort: [['n', 'desc']], limit: 3 });
    return (
      <ul title={`${total} ${hasAfter} ${endCursor !== null}`}>
        {data.map((row) => (
          <Line key={row.id} row={row} />
        ))}
      </ul>
    );
  }
  await show(<List />);
  const list = screen.getByRole('list');
  expect([list.textContent, list.title]).toEqual(['t299t298t297', '300 true true']);
  renders.length = 0;
  world.put('things', { id: 't297', n: 1_000 });
  await world.settle();
  expect(list.textContent).toBe('t297t299t298');
  world.put('things', { id: 't000', n: -1 });
  await world.settle();
  expect(renders).toEqual(['t297']);
});

test('[RH19] counts and sums are live without rows', async () => {
  function Numbers(): ReactNode {
    const count = useCount('things', { where: ['lt', 'n', 10] });
    const { data } = useAggregate('things', { by: 'kind', max: ['n'] });
    return (
      <p role="note">
        {JSON.stringify([count.data, data.map(({ by, count: of, max }) => [by, of, max['n'] ?? null])])}
      </p>
    );
  }
  await show(<Numbers />);
  const note = screen.getByRole('note');
  expect(note.textContent).toBe('[10,[[null,300,299]]]');
  world.put('things', { id: 't001', kind: 'odd' });
  world.remove('things', 't002');
  await world.settle();
  expect(note.textContent).toBe('[9,[[null,298,299],["odd",1,1]]]');
});

test('[RH20] a window follows what is seen, shows the old rows until the new ones are there, and says how far rows moved', async () => {
  const shifts: number[] = [];
  const onShift = (rows: number): void => void shifts.push(rows);
  const { result } = renderHook(() => useWindow('things', { sort: [['n', 'asc']], size: 40, onShift }), {
    wrapper: ({ children }: { readonly children: ReactNode }) => (
      <StatewireProvider client={world.client}>{children}</StatewireProvider>
    ),
  });
  const now = (): LiveWindow<Row> => result.current;
  await world.settle();
  expect([now().total, now().rowAt(0)?.id, now().rowAt(39)?.id, now().rowAt(40)]).toEqual([
    300,
    't000',
    't039',
    undefined,
  ]);
  now().look(150, 160);
  expect(now().rowAt(5)?.id, 'nothing blinks').toBe('t005');
  await world.advance(0);
  expect([now().rowAt(150)?.id, now().rowAt(5), now().total]).toEqual(['t150', undefined, 300]);
  now().look(150, 160);
  world.put('things', { id: 'new', n: -1 });
  await world.advance(0);
  expect([shifts, now().rowAt(151)?.id, now().total]).toEqual([[1], 't150', 301]);
  world.remove('things', 'new');
  world.remove('things', 't000');
  await world.advance(0);
  expect([shifts.reduce((a, b) => a + b, 0), now().rowAt(149)?.id]).toEqual([-1, 't150']);
  now().look(0, 10);
  await world.advance(0);
  shifts.length = 0;
  world.put('things', { id: 'first', n: -5 });
  await world.advance(0);
  expect([shifts, now().rowAt(0)?.id], 'at the top what comes is seen').toEqual([[], 'first']);
});
