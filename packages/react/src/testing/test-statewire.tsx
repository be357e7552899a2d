import { useEffect, useRef, useState, type ReactNode } from 'react';
import { StatewireProvider } from '../provider.tsx';
import { createTestStatewire, type TestRows, type TestWorld } from './world.ts';

/** What `TestStatewire` takes. */
export interface TestStatewireProps {
  /** What the server holds. With other rows in a later render it holds those. */
  readonly rows?: TestRows | undefined;
  /** A world of your own, to change rows and pass time by hand; then `rows` is yours to give to it. */
  readonly world?: TestWorld | undefined;
  readonly children?: ReactNode;
}

/** A provider over a fake server: what is inside sees these rows as live. For tests and for component workshops. */
export function TestStatewire({ rows, world, children }: TestStatewireProps): ReactNode {
  const [own] = useState(() => world ?? createTestStatewire({ rows }));
  const { client, server } = world ?? own;
  const held = useRef(rows);
  useEffect(() => {
    const before = held.current;
    held.current = rows;
    if (before === rows || world !== undefined) return;
    const changes = [...removals(before, rows), ...puts(rows)];
    if (changes.length > 0) server.commit(changes);
  }, [rows, world, server]);
  return <StatewireProvider client={client}>{children}</StatewireProvider>;
}

type Change = Parameters<TestWorld['server']['commit']>[0][number];

function puts(rows: TestRows = {}): readonly Change[] {
  return Object.entries(rows).flatMap(([collection, records]) => records.map((fields) => ({ collection, fields })));
}

function removals(before: TestRows = {}, after: TestRows = {}): readonly Change[] {
  return Object.entries(before).flatMap(([collection, records]) => {
    const left = new Set((after[collection] ?? []).map(({ id }) => id));
    return records.filter(({ id }) => !left.has(id)).map(({ id }) => ({ collection, id }));
  });
}
