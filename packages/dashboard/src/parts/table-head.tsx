/* oxlint-disable jsx-a11y/prefer-tag-over-role -- rows are placed by the virtualizer, which a real <table> does not allow; the roles say what the tags would. */
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { cx } from '../lib/cx.ts';

export interface Column<T> {
  readonly key: string;
  readonly title: string;
  /** A CSS grid track: `minmax(14rem, 2fr)`, `7rem`. Fixed tracks keep values from moving their neighbours. */
  readonly track: string;
  readonly cell: (row: T) => ReactNode;
  readonly isSortable?: boolean;
  readonly align?: 'right';
  /** Tailwind classes that hide the column in narrow windows; must be the same for its track via `tracks`. */
  readonly from?: 'lg' | 'xl';
  /** Says what the title means where it is short. */
  readonly says?: string;
  /** It gives way where the table has no room for all: the highest goes first. */
  readonly yields?: number;
}

/** By which column rows stand, and which way. */
export interface Sort {
  readonly key: string;
  readonly isDown: boolean;
}

/** The headings of a table, under the top line while its rows pass; for screen readers alone on a phone. */
export function TableHead<T>({
  columns,
  template,
  isNarrow,
  sort,
  onSort,
  select,
}: {
  columns: readonly Column<T>[];
  template: string;
  isNarrow: boolean;
  sort: Sort;
  onSort: (key: string) => void;
  /** What stands over the boxes that select rows; undefined where none are. */
  select: ReactNode;
}): ReactNode {
  return (
    <div
      role="rowgroup"
      className={cx('sticky top-12 z-10 rounded-t-[9px] border-b bg-surface', isNarrow && 'sr-only')}
    >
      <div
        role="row"
        aria-rowindex={1}
        className="grid h-9 items-center gap-3 px-4"
        style={{ gridTemplateColumns: template }}
      >
        {select}
        {columns.map((column) => (
          <Header key={column.key} column={column} sort={sort} onSort={onSort} />
        ))}
      </div>
    </div>
  );
}

/**
 * The columns that have room, and their tracks as one template. Hidden columns must leave the grid too. `room` is the width of
 * the table for those that yield by it.
 */
export function useShown<T>(
  columns: readonly Column<T>[],
  hasBoxes: boolean,
  room: number | null = null,
): { readonly shown: readonly Column<T>[]; readonly template: string } {
  const tier = useTier();
  const wanted = columns.filter(({ from }) => from === undefined || (from === 'lg' ? tier >= 1 : tier >= 2));
  const shown = room === null ? wanted : fitting(wanted, room - (hasBoxes ? BOX_REM : 0) * remPx());
  return { shown, template: `${hasBoxes ? '2.25rem ' : ''}${shown.map(({ track }) => track).join(' ')}` };
}

/** As many of the columns as have room, without those that yield first. */
export function fitting<T>(columns: readonly Column<T>[], roomPx: number, rem: number = remPx()): readonly Column<T>[] {
  let kept = columns;
  const px = (): number =>
    SIDES_REM * rem + kept.reduce((sum, { track }) => sum + (leastRem(track) + GAP_REM) * rem, 0);
  while (px() > roomPx) {
    const weakest = kept.reduce<Column<T> | null>(
      (found, column) => (column.yields === undefined || (found?.yields ?? -1) > column.yields ? found : column),
      null,
    );
    if (weakest === null) break;
    kept = kept.filter((column) => column !== weakest);
  }
  return kept;
}

/** Of the classes of a row: px-4 on both sides, gap-3 between, and the track of boxes with its gap. */
const SIDES_REM = 2;
const GAP_REM = 0.75;
const BOX_REM = 3;

/** `9.5rem`, or the least of `minmax(11rem, 1fr)`. */
function leastRem(track: string): number {
  return Number(/([\d.]+)rem/u.exec(track)?.[1] ?? 0);
}

function remPx(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}

function Header<T>({
  column,
  sort,
  onSort,
}: {
  column: Column<T>;
  sort: Sort;
  onSort: (key: string) => void;
}): ReactNode {
  const isSorted = sort.key === column.key;
  const Arrow = sort.isDown ? ArrowDown : ArrowUp;
  return (
    <div
      role="columnheader"
      {...(column.isSortable === true
        ? { 'aria-sort': isSorted ? (sort.isDown ? 'descending' : 'ascending') : 'none' }
        : {})}
      className={cx(
        'flex min-w-0 items-center text-xs font-medium whitespace-nowrap text-muted',
        column.align === 'right' && 'justify-end',
      )}
    >
      {column.isSortable === true ? (
        <button
          type="button"
          onClick={() => onSort(column.key)}
          className={cx(
            'inline-flex items-center gap-1 hover:text-text',
            isSorted && 'text-text',
            column.align === 'right' && 'flex-row-reverse',
          )}
        >
          <Title column={column} />
          {/* Its room is kept beside a heading at the left; at the right the heading stands over its values. */}
          {(isSorted || column.align !== 'right') && (
            <Arrow aria-hidden className={cx('size-3', !isSorted && 'invisible')} />
          )}
        </button>
      ) : column.title === '' ? (
        // A column of buttons needs no heading that is seen.
        <span className="sr-only">Actions</span>
      ) : (
        <Title column={column} />
      )}
    </div>
  );
}

function Title({ column: { title, says } }: { column: Pick<Column<never>, 'says' | 'title'> }): ReactNode {
  if (says === undefined || says === title) return title;
  return (
    <span title={says}>
      <span aria-hidden>{title}</span>
      <span className="sr-only">{says}</span>
    </span>
  );
}

/** 0 below 1024 px, 1 from there, 2 from 1280 px. Read by script, because no style can take a track away. */
function useTier(): 0 | 1 | 2 {
  const [tier, setTier] = useState<0 | 1 | 2>(read);
  useEffect(() => {
    const listen = (): void => setTier(read());
    addEventListener('resize', listen);
    return () => removeEventListener('resize', listen);
  }, []);
  return tier;
}

function read(): 0 | 1 | 2 {
  return innerWidth >= 1280 ? 2 : innerWidth >= 1024 ? 1 : 0;
}
