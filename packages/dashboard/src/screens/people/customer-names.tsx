import { useCollection } from '@statewire/react';
import { createContext, type ReactNode, useContext, useMemo, useState } from 'react';

const Names = createContext<ReadonlyMap<string, string>>(new Map());

/** Knows the names of the customers of these rows, live: as many as the rows that are held name, and no more. */
export function CustomerNames({
  rows,
  more,
  children,
}: {
  rows: readonly { readonly customer: string | null }[];
  /** One that is named beside the rows. */
  more?: string | undefined;
  children: ReactNode;
}): ReactNode {
  const ids = useMemo(
    () => [...new Set([...rows.map(({ customer }) => customer), more ?? null])].filter((id) => id !== null).sort(),
    [rows, more],
  );
  const { data } = useCollection('customers', {
    where: ['in', 'id', ids.length === 0 ? [''] : ids.slice(0, NAMES_MAX)],
    fields: ['name'],
  });
  // What is known stays known while the next names are asked for: a name must not turn into an id and back.
  const [known] = useState(() => new Map<string, string>());
  const names = useMemo(() => {
    if (known.size > NAMES_MAX) known.clear();
    for (const { id, name } of data) known.set(id, name);
    return new Map(known);
  }, [known, data]);
  return <Names value={names}>{children}</Names>;
}

/** The name of a customer; its id until the name is known, and where there is none. */
export function CustomerName({ id }: { id: string }): ReactNode {
  return useContext(Names).get(id) ?? id;
}

// As many as one filter may name.
const NAMES_MAX = 1_000;
