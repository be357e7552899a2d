/* oxlint-disable jsx-a11y/prefer-tag-over-role -- rows are placed by the virtualizer, which a real <table> does not allow; the roles say what the tags would. */
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { memo, type ReactNode, type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { cx } from '../lib/cx.ts';
import { key, type RowKey, useKeys } from '../lib/keys.ts';
import { useLook } from '../lib/look.ts';
import { useNarrow } from '../lib/media.ts';
import { type Held, useHeldOrder } from '../lib/order.ts';
import { useOffset } from './list.tsx';
import { type Column, type Sort, TableHead, useShown } from './table-head.tsx';

interface Props<T extends { readonly id: string }> {
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  /** How a row looks on a phone: two lines. */
  readonly narrow: (row: T) => ReactNode;
  readonly sort: Sort;
  readonly onSort: (key: string) => void;
  /** Names sort and filter: while it stays, the order is held under the pointer. */
  readonly scope: string;
  readonly selected?: ReadonlySet<string>;
  readonly onSelect?: (id: string, range: boolean, order: readonly string[]) => void;
  readonly onOpen: (id: string) => void;
  /** What more keys do to the row under the cursor: `r` rechecks, `a` acknowledges. */
  readonly onKey?: Readonly<Record<string, RowKey>>;
  readonly nameOf: (row: T) => string;
  readonly empty: ReactNode;
}

/**
 * A virtualised table on the page's own scroll: any number of rows, each rendered again only when its record
 * changed. j and k move, x selects, Enter opens, others are the page's. The order is held while the pointer is over it.
 */
export function Table<T extends { readonly id: string }>(props: Props<T>): ReactNode {
  const { columns, selected, onSelect } = props;
  const isNarrow = useNarrow();
  const { density } = useLook();
  const table = useRef<HTMLDivElement>(null);
  const { shown, template } = useShown(columns, onSelect !== undefined, useWidth(table));
  const [isOver, setOver] = useState(false);
  const held: Held<T> = useHeldOrder(props.rows, isOver, props.scope);
  const [cursor, setCursor] = useState<string | null>(null);
  const anchor = useRef<HTMLDivElement>(null);
  const margin = useOffset(anchor);
  const height = isNarrow ? 72 : density === 'dense' ? 32 : 44;
  // oxlint-disable-next-line react/incompatible-library -- it is not memoised by a compiler here.
  const virtual = useWindowVirtualizer({
    count: held.rows.length,
    estimateSize: () => height,
    overscan: 8,
    scrollMargin: margin,
    scrollPaddingStart: 140,
    scrollPaddingEnd: 80,
    getItemKey: (i) => held.rows[i]?.id ?? i,
  });
  useEffect(() => virtual.measure(), [height, virtual]);

  const ids = (): readonly string[] => held.rows.map((row) => row.id);
  // Rows are remembered by what they show, so what they call must stay the same function and find the newest state here.
  const latest = useRef<(id: string, range: boolean) => void>(() => undefined);
  useEffect(() => {
    latest.current = (id, range) => onSelect?.(id, range, ids());
  });
  const select = useCallback((id: string, range: boolean) => latest.current(id, range), []);
  const move = (by: number): void => {
    const at = held.rows.findIndex((row) => row.id === cursor);
    const next = Math.min(held.rows.length - 1, Math.max(0, at === -1 ? (by > 0 ? 0 : held.rows.length - 1) : at + by));
    const row = held.rows[next];
    if (row === undefined) return;
    setCursor(row.id);
    virtual.scrollToIndex(next);
  };
  useKeys({
    j: key('Next row', () => move(1)),
    k: key('Previous row', () => move(-1)),
    ...(onSelect === undefined
      ? {}
      : {
          x: key('Select, with Shift up to here', (event) => {
            if (cursor !== null) onSelect(cursor, event.shiftKey, ids());
          }),
        }),
    Enter: key('Open', (event) => {
      // A focused button or link keeps its own Enter.
      if (event.target instanceof HTMLElement && event.target.closest('a, button') !== null) {
        event.target.closest<HTMLElement>('a, button')?.click();
      } else if (cursor !== null) props.onOpen(cursor);
    }),
    ...Object.fromEntries(
      Object.entries(props.onKey ?? {}).map(([name, { says, run }]) => [
        name,
        key(says, () => {
          if (cursor !== null) run(cursor);
        }),
      ]),
    ),
  });

  return (
    <div
      ref={table}
      role="table"
      aria-label={props.label}
      aria-rowcount={held.rows.length + 1}
      className="pane overflow-clip"
    >
      <TableHead
        columns={shown}
        template={template}
        isNarrow={isNarrow}
        sort={props.sort}
        onSort={props.onSort}
        select={
          onSelect !== undefined && (
            <>
              <span role="columnheader" className="sr-only">
                Selected
              </span>
              <span aria-hidden />
            </>
          )
        }
      />
      {held.moved > 0 && (
        <div className="sticky top-21 z-10 h-0 text-center">
          <button
            type="button"
            onClick={held.release}
            className="fade-in mt-2 inline-flex h-7 items-center rounded-full border bg-raised px-3 text-xs font-medium shadow-overlay hover:bg-hover"
          >
            {held.moved} would move · apply
          </button>
        </div>
      )}
      <div
        ref={anchor}
        role="rowgroup"
        onPointerEnter={(event) => event.pointerType === 'mouse' && setOver(true)}
        onPointerLeave={() => setOver(false)}
        className="relative"
        style={{ height: held.rows.length === 0 ? undefined : virtual.getTotalSize() }}
      >
        {held.rows.length === 0 && (
          <div role="row">
            <div role="cell">{props.empty}</div>
          </div>
        )}
        {virtual.getVirtualItems().map((item) => {
          const row = held.rows[item.index];
          if (row === undefined) return null;
          return (
            <Line
              key={row.id}
              row={row}
              index={item.index}
              top={item.start - margin}
              height={height}
              template={template}
              columns={shown}
              narrow={isNarrow ? props.narrow : null}
              isCursor={cursor === row.id}
              isSelected={selected?.has(row.id) ?? false}
              name={props.nameOf(row)}
              id={row.id}
              onSelect={onSelect === undefined ? null : select}
            />
          );
        })}
      </div>
    </div>
  );
}

/** How wide it is, from before the first paint. */
function useWidth(of: RefObject<HTMLElement | null>): number | null {
  const [width, setWidth] = useState<number | null>(null);
  useLayoutEffect(() => {
    const measure = (): void => setWidth(of.current?.clientWidth ?? null);
    measure();
    const observer = new ResizeObserver(measure);
    if (of.current !== null) observer.observe(of.current);
    return () => observer.disconnect();
  }, [of]);
  return width;
}

interface LineProps<T> {
  readonly row: T;
  readonly index: number;
  readonly top: number;
  readonly height: number;
  readonly template: string;
  readonly columns: readonly Column<T>[];
  readonly narrow: ((row: T) => ReactNode) | null;
  readonly isCursor: boolean;
  readonly isSelected: boolean;
  readonly name: string;
  readonly id: string;
  readonly onSelect: ((id: string, range: boolean) => void) | null;
}

// Columns and the narrow form are compared by kind only: they are functions of the row, made anew by the caller.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: memo() returns the same component and forgets its type parameter.
const Line = memo(
  LineOf,
  (a, b) =>
    a.row === b.row &&
    a.top === b.top &&
    a.index === b.index &&
    a.height === b.height &&
    a.template === b.template &&
    a.isCursor === b.isCursor &&
    a.isSelected === b.isSelected &&
    (a.narrow === null) === (b.narrow === null) &&
    a.columns.length === b.columns.length &&
    a.columns.every(({ key: name }, i) => name === b.columns[i]?.key),
) as typeof LineOf;

function LineOf<T>({
  row,
  index,
  top,
  height,
  template,
  columns,
  narrow,
  isCursor,
  isSelected,
  name,
  id,
  onSelect,
}: LineProps<T>): ReactNode {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={onSelect === null ? undefined : isSelected}
      data-cursor={isCursor || undefined}
      className={cx(
        'group absolute inset-x-0 border-b px-4 text-sm last:border-b-transparent hover:bg-hover/60 data-cursor:bg-accent-soft/60 data-cursor:shadow-[inset_2px_0_0_var(--accent)]',
        isSelected && 'bg-accent-soft/70',
        narrow === null ? 'grid items-center gap-3' : 'flex items-center gap-3',
      )}
      style={{
        transform: `translateY(${top}px)`,
        height,
        ...(narrow === null ? { gridTemplateColumns: template } : {}),
      }}
    >
      {onSelect !== null && (
        <div role="cell" className="flex items-center">
          <input
            type="checkbox"
            aria-label={`Select ${name}`}
            checked={isSelected}
            onChange={() => undefined}
            onClick={(event) => onSelect(id, event.shiftKey)}
            className="size-4 accent-accent pointer-coarse:size-5"
          />
        </div>
      )}
      {narrow !== null ? (
        <div role="cell" className="min-w-0 flex-1">
          {narrow(row)}
        </div>
      ) : (
        columns.map((column) => (
          <div key={column.key} role="cell" className={cx('min-w-0', column.align === 'right' && 'text-right')}>
            {column.cell(row)}
          </div>
        ))
      )}
    </div>
  );
}
