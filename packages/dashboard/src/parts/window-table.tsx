/* oxlint-disable jsx-a11y/prefer-tag-over-role -- rows are placed by the virtualizer, which a real <table> does not allow; the roles say what the tags would. */
import type { LiveWindow } from '@statewire/react';
import { defaultRangeExtractor, type Range, useWindowVirtualizer } from '@tanstack/react-virtual';
import { memo, type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { cx } from '../lib/cx.ts';
import { useLook } from '../lib/look.ts';
import { key, type RowKey, useKeys } from '../lib/keys.ts';
import { useNarrow } from '../lib/media.ts';
import { useOffset } from './list.tsx';
import { Bone } from './skeleton.tsx';
import { type Column, type Sort, TableHead, useShown } from './table-head.tsx';

interface Props<T extends { readonly id: string }> {
  readonly label: string;
  readonly live: LiveWindow<T>;
  readonly columns: readonly Column<T>[];
  /** How a row looks on a phone: two lines. */
  readonly narrow: (row: T) => ReactNode;
  readonly sort: Sort;
  readonly onSort: (key: string) => void;
  /** What stands at the end of a row that is not of the record: who looks at it. Equal for a row that is to stay as it is. */
  readonly asideOf?: (id: string) => ReactNode;
  readonly isSelected?: (id: string) => boolean;
  readonly onSelect?: (id: string, range: boolean, at: number) => void;
  readonly isAllSelected?: boolean;
  readonly onSelectAll?: () => void;
  readonly onOpen: (id: string) => void;
  /** What more keys do to the row under the cursor. */
  readonly onKey?: Readonly<Record<string, RowKey>>;
  readonly nameOf: (row: T) => string;
  readonly empty: ReactNode;
}

// A row is as large as it is told to be, and nothing in it moves what is around it: laid out and styled alone.
const PLACED = 'absolute inset-x-0 border-b px-4 [contain:size_layout_style]';

const ROW_PX = 44;
const DENSE_PX = 32;
const NARROW_PX = 72;

/** How high a row is now: what the page has to move by when rows come above what is seen. */
export function useRowPx(): number {
  const isNarrow = useNarrow();
  const { density } = useLook();
  return isNarrow ? NARROW_PX : density === 'dense' ? DENSE_PX : ROW_PX;
}

/**
 * A table of any length, of which the rows around what is seen are held: the order is the server's, the scrollbar as long as the
 * whole list. A row renders again only when its own record changed. j and k move, x selects, Enter opens.
 */
export function WindowTable<T extends { readonly id: string }>(props: Props<T>): ReactNode {
  const { columns, live, onSelect, isSelected } = props;
  const isNarrow = useNarrow();
  const { shown, template } = useShown(columns, onSelect !== undefined);
  const anchor = useRef<HTMLDivElement>(null);
  const margin = useOffset(anchor);
  const height = useRowPx();
  const [cursor, setCursor] = useState<number | null>(null);
  const seen = useRef({ startIndex: 0, endIndex: 0 });
  const rowsOf = useCallback((range: Range) => {
    const { startIndex, endIndex } = seen.current;
    seen.current = range;
    // Somewhere else altogether: first what is seen there, and what lies around it with the next step of the scroll.
    const isFar = range.startIndex > endIndex || range.endIndex < startIndex;
    return defaultRangeExtractor(isFar ? { ...range, overscan: 1 } : range);
  }, []);
  // oxlint-disable-next-line react/incompatible-library -- it is not memoised by a compiler here.
  const virtual = useWindowVirtualizer({
    count: live.total,
    estimateSize: () => height,
    overscan: 12,
    rangeExtractor: rowsOf,
    // Rendered with the frame and not inside the scroll event; what is rendered ahead covers the frame between.
    useFlushSync: false,
    scrollMargin: margin,
    scrollPaddingStart: 140,
    scrollPaddingEnd: 80,
  });
  useEffect(() => virtual.measure(), [height, virtual]);
  const items = virtual.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  const { look } = live;
  useEffect(() => look(first, last), [look, first, last]);

  // Rows are remembered by what they show, so what they call must stay the same function and find the newest state here.
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  const select = useCallback((id: string, range: boolean, at: number) => latest.current.onSelect?.(id, range, at), []);
  const move = (by: number): void => {
    const next = Math.min(live.total - 1, Math.max(0, cursor === null ? first : cursor + by));
    setCursor(next);
    virtual.scrollToIndex(next);
  };
  const under = (run: (id: string) => void): void => {
    const row = cursor === null ? undefined : live.rowAt(cursor);
    if (row !== undefined) run(row.id);
  };
  useKeys({
    j: key('Next row', () => move(1)),
    k: key('Previous row', () => move(-1)),
    ...(onSelect === undefined
      ? {}
      : {
          x: key('Select, with Shift up to here', (event) => under((id) => onSelect(id, event.shiftKey, cursor ?? 0))),
        }),
    Enter: key('Open', (event) => {
      // A focused button or link keeps its own Enter.
      const own = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>('a, button') : null;
      if (own === null) under(props.onOpen);
      else own.click();
    }),
    ...Object.fromEntries(
      Object.entries(props.onKey ?? {}).map(([name, { says, run }]) => [name, key(says, () => under(run))]),
    ),
  });

  return (
    <div role="table" aria-label={props.label} aria-rowcount={live.total + 1} className="pane overflow-clip">
      <TableHead
        columns={shown}
        template={template}
        isNarrow={isNarrow}
        sort={props.sort}
        onSort={props.onSort}
        select={
          onSelect !== undefined && (
            <span role="columnheader" className="flex items-center">
              <input
                type="checkbox"
                aria-label="Select all"
                checked={props.isAllSelected ?? false}
                onChange={() => props.onSelectAll?.()}
                className="size-4 accent-accent pointer-coarse:size-5"
              />
            </span>
          )
        }
      />
      <div
        ref={anchor}
        role="rowgroup"
        className="relative"
        style={{ height: live.total === 0 ? undefined : virtual.getTotalSize() }}
      >
        {live.total === 0 && (
          <div role="row">
            <div role="cell">{props.empty}</div>
          </div>
        )}
        {items.map(({ index, start }) => (
          <Line
            // By place: the same elements go on while others come into view, whatever record they show.
            key={index}
            row={live.rowAt(index)}
            index={index}
            isLast={index === live.total - 1}
            top={start - margin}
            height={height}
            template={template}
            columns={shown}
            narrow={isNarrow ? props.narrow : null}
            isCursor={cursor === index}
            isSelected={isSelected?.(live.rowAt(index)?.id ?? '') ?? false}
            nameOf={props.nameOf}
            aside={props.asideOf?.(live.rowAt(index)?.id ?? '') ?? null}
            onSelect={onSelect === undefined ? null : select}
          />
        ))}
      </div>
    </div>
  );
}

interface LineProps<T> {
  readonly row: T | undefined;
  readonly index: number;
  readonly top: number;
  readonly height: number;
  readonly template: string;
  readonly columns: readonly Column<T>[];
  readonly narrow: ((row: T) => ReactNode) | null;
  readonly isCursor: boolean;
  readonly isSelected: boolean;
  /** Its line is that of the table. */
  readonly isLast: boolean;
  readonly nameOf: (row: T) => string;
  readonly aside: ReactNode;
  readonly onSelect: ((id: string, range: boolean, at: number) => void) | null;
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
    a.isLast === b.isLast &&
    a.aside === b.aside &&
    (a.narrow === null) === (b.narrow === null) &&
    a.columns.length === b.columns.length,
) as typeof LineOf;

function LineOf<T extends { readonly id: string }>(props: LineProps<T>): ReactNode {
  const { row, index, top, height, template, columns, narrow, isCursor, isSelected, isLast, nameOf, aside, onSelect } =
    props;
  const place = {
    transform: `translateY(${top}px)`,
    height,
    ...(narrow === null ? { gridTemplateColumns: template } : {}),
  };
  const form = narrow === null ? 'grid items-center gap-3' : 'flex items-center gap-3';
  if (row === undefined) {
    return (
      <div
        role="row"
        aria-rowindex={index + 2}
        className={cx(PLACED, isLast && 'border-b-transparent', form)}
        style={place}
      >
        {onSelect !== null && <span role="cell" />}
        {/* One for the row: a screen of such rows is drawn in the frame of a far jump. */}
        <span role="cell">
          <Bone className="w-2/3" />
        </span>
      </div>
    );
  }
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={onSelect === null ? undefined : isSelected}
      data-cursor={isCursor || undefined}
      data-id={row.id}
      className={cx(
        PLACED,
        isLast && 'border-b-transparent',
        'group text-sm hover:bg-hover/60 data-cursor:bg-accent-soft/60 data-cursor:shadow-[inset_2px_0_0_var(--accent)]',
        isSelected && 'bg-accent-soft/70',
        form,
      )}
      style={place}
    >
      {onSelect !== null && (
        <div role="cell" className="flex items-center">
          <input
            type="checkbox"
            aria-label={`Select ${nameOf(row)}`}
            checked={isSelected}
            onChange={() => undefined}
            onClick={(event) => onSelect(row.id, event.shiftKey, index)}
            className="size-4 accent-accent pointer-coarse:size-5"
          />
        </div>
      )}
      {narrow === null ? (
        columns.map((column, i) => (
          <div
            key={column.key}
            role="cell"
            className={cx('min-w-0', column.align === 'right' && 'text-right', i === 0 && 'flex items-center gap-2')}
          >
            {column.cell(row)}
            {i === 0 && aside}
          </div>
        ))
      ) : (
        <div role="cell" className="flex min-w-0 flex-1 items-center gap-2">
          <div className="min-w-0 flex-1">{narrow(row)}</div>
          {aside}
        </div>
      )}
    </div>
  );
}
