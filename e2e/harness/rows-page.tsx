/** A list as an app would write it, for e2e/rows.test.ts: all agents in an order, virtualised, each row counted when it renders. */
import { createClient } from '@statewire/client';
import { StatewireProvider, useCollection } from '@statewire/react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useRef, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';

/** What the page counts, for the test to read. */
export interface RowsSeen {
  /** Renders of rows, and how many of them showed a row that had been shown just so. */
  renders: number;
  repeats: number;
  /** Tasks longer than 50 ms, in ms. */
  long: number[];
  frames: number;
  /** Rows that the hook gave last, and updates of them. */
  rows: number;
  updates: number;
}

const seen: RowsSeen = { renders: 0, repeats: 0, long: [], frames: 0, rows: 0, updates: 0 };
const shown = new Map<string, number>();

new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) seen.long.push(duration);
}).observe({ type: 'longtask' });

function frame(): void {
  seen.frames += 1;
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);

interface LineProps {
  readonly id: string;
  readonly version: number;
  readonly text: string;
  readonly top: number;
}

const Line = memo(({ id, version, text, top }: LineProps) => {
  count(`${id} at ${top}`, version);
  return (
    <li style={{ position: 'absolute', height: 24, transform: `translateY(${top}px)` }}>
      {id} {text}
    </li>
  );
});

function count(place: string, version: number): void {
  seen.renders += 1;
  if (shown.get(place) === version) seen.repeats += 1;
  shown.set(place, version);
}

function noteRows(rows: number): void {
  seen.rows = rows;
  seen.updates += 1;
}

function List(): ReactNode {
  const { data } = useCollection('agents', { sort: [['name', 'asc']] });
  const scroller = useRef<HTMLDivElement>(null);
  // oxlint-disable-next-line react/incompatible-library -- it is not memoised by a compiler here.
  const virtual = useVirtualizer({
    count: data.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 24,
    overscan: 8,
    getItemKey: (i) => data[i]?.id ?? i,
  });
  noteRows(data.length);
  return (
    <div ref={scroller} style={{ height: 800, overflow: 'auto' }}>
      <ul style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ key, index, start }) => {
          const row = data[index];
          if (row === undefined) return null;
          return <Line key={key} id={row.id} version={row.version} text={row.activity ?? ''} top={start} />;
        })}
      </ul>
    </div>
  );
}

const token = new URLSearchParams(location.search).get('key') ?? '';
const client = createClient({ url: '/', token, tabs: 'off' });
Object.assign(globalThis, { seen });
const root = document.createElement('div');
document.body.append(root);
createRoot(root).render(
  <StatewireProvider client={client}>
    <List />
  </StatewireProvider>,
);
