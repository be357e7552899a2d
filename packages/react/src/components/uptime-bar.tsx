// oxlint-disable jsx-a11y/prefer-tag-over-role -- a canvas inside a box cannot be an <img>.
import { barText, cellLooks, cellsOf, drawBar, type BarLetter } from '@statewire/client/look';
import { memo, useEffect, useMemo, useRef, useState, type PointerEvent, type ReactNode } from 'react';
import { barColours, onPaletteChange } from './palette.ts';
import { styler, type Styled } from './styled.ts';

/** What `UptimeBar` takes. */
export interface UptimeBarProps extends Styled<'canvas' | 'tip'> {
  /** One letter per observation or day, newest last: `u` up, `g` degraded, `d` down, `m` maintenance, `x` unknown. */
  readonly bar: string;
  /** Cells to draw; missing ones are empty. Default 30, or 90 for days. */
  readonly cells?: number | undefined;
  /** What it is about, for the summary. */
  readonly label?: string | undefined;
  /** What one cell is. Default `check`. */
  readonly unit?: 'check' | 'day' | undefined;
  /**
   * Makes each cell readable by pointer, finger and arrow keys: what is said of the cell `back` steps before the newest.
   * Example: `(back) => dateOf(now - back * 86_400_000)`.
   */
  readonly describe?: ((back: number) => string) | undefined;
}

/**
 * The last observations as cells. Height says what colour says: bad is full, slow is tall, healthy is even. It has a
 * summary in words, and with `describe` each cell can be read.
 */
export const UptimeBar: (props: UptimeBarProps) => ReactNode = memo(function UptimeBar(
  props: UptimeBarProps,
): ReactNode {
  const { bar, unit = 'check', cells: count = unit === 'day' ? 90 : 30, label, describe } = props;
  const { root, part } = styler(props);
  const cells = useMemo(() => cellsOf(bar, count), [bar, count]);
  const canvas = useCells(cells);
  const summary = `${label === undefined ? '' : `${label}: `}${barText(bar.slice(-count), unit)}`;
  return (
    <span className={root('sw-uptime')} data-unit={unit}>
      <span className="sw-uptime-box" role="img" aria-label={summary}>
        <canvas ref={canvas} className={part('canvas', 'sw-uptime-canvas')} />
      </span>
      {describe === undefined ? null : (
        <Reader cells={cells} describe={describe} label={label ?? 'Uptime'} tip={part('tip', 'sw-tip')} />
      )}
    </span>
  );
});

/** Keeps a canvas drawn: at its size, in the colours of the theme, sharp on every screen. */
function useCells(cells: readonly BarLetter[]): React.RefObject<HTMLCanvasElement | null> {
  const ref = useRef<HTMLCanvasElement>(null);
  const shown = useRef(cells);
  useEffect(() => {
    shown.current = cells;
    if (ref.current !== null) paint(ref.current, cells);
  }, [cells]);
  useEffect(() => {
    const canvas = ref.current;
    if (canvas === null) return undefined;
    const again = (): void => paint(canvas, shown.current);
    const stop = onPaletteChange(again);
    if (typeof ResizeObserver !== 'function') return stop;
    const observer = new ResizeObserver(again);
    observer.observe(canvas);
    return () => {
      observer.disconnect();
      stop();
    };
  }, []);
  return ref;
}

function paint(canvas: HTMLCanvasElement, cells: readonly BarLetter[]): void {
  const painter = canvas.getContext('2d');
  if (painter === null) return;
  const ratio = globalThis.devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  drawBar(painter, cells, { width, height, colours: barColours(canvas) });
}

/** One cell at a time, by the platform's own slider, unseen: arrow keys, Home and End move, and it says where it is. */
function Reader({
  cells,
  describe,
  label,
  tip,
}: {
  readonly cells: readonly BarLetter[];
  readonly describe: (back: number) => string;
  readonly label: string;
  readonly tip: string | undefined;
}): ReactNode {
  const last = cells.length - 1;
  const [at, setAt] = useState(last);
  const [isOpen, setIsOpen] = useState(false);
  const index = Math.min(at, last);
  const when = describe(last - index);
  const word = cellLooks[cells[index] ?? ' '].word;
  const point = (event: PointerEvent<HTMLElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - box.left) / Math.max(1, box.width);
    setAt(Math.min(last, Math.max(0, Math.floor(share * cells.length))));
    setIsOpen(true);
  };
  return (
    <>
      <input
        type="range"
        className="sw-uptime-reader"
        min={0}
        max={last}
        value={index}
        aria-label={label}
        aria-valuetext={`${when}: ${word}`}
        onChange={(event) => setAt(Number(event.currentTarget.value))}
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={(event) => {
          if (event.pointerType === 'mouse' && document.activeElement !== event.currentTarget) setIsOpen(false);
        }}
        onFocus={() => setIsOpen(true)}
        onBlur={() => setIsOpen(false)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setIsOpen(false);
        }}
      />
      {isOpen ? (
        <>
          <span
            className="sw-uptime-cursor"
            aria-hidden="true"
            style={{ insetInlineStart: `${(index / cells.length) * 100}%`, width: `${100 / cells.length}%` }}
          />
          <span
            className={tip}
            aria-hidden="true"
            style={{
              insetInlineStart: `clamp(0px, calc(${((index + 0.5) / cells.length) * 100}% - 5rem), calc(100% - 10rem))`,
            }}
          >
            <span className="sw-tip-title">{when}</span>
            <span className="sw-tip-word">{word}</span>
          </span>
        </>
      ) : null}
    </>
  );
}
