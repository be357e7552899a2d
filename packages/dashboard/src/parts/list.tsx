import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react';

interface Props<T> {
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  /** How high a row usually is, px; each is measured once it is shown. */
  readonly rowHeight: number;
  /** Renders the inside of a row. What it returns should be memoised by its records. */
  readonly children: (item: T) => ReactNode;
}

/** A list of any length on the page's own scroll: only rows near the window exist. */
export function VirtualList<T>({ items, keyOf, rowHeight, children }: Props<T>): ReactNode {
  const list = useRef<HTMLUListElement>(null);
  const margin = useOffset(list);
  // oxlint-disable-next-line react/incompatible-library -- it is not memoised by a compiler here.
  const virtual = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => rowHeight,
    overscan: 6,
    scrollMargin: margin,
    getItemKey: (i) => {
      const item = items[i];
      return item === undefined ? i : keyOf(item);
    },
  });
  return (
    <ul ref={list} className="relative" style={{ height: virtual.getTotalSize() }}>
      {virtual.getVirtualItems().map(({ index, key, start }) => {
        const item = items[index];
        if (item === undefined) return null;
        return (
          <li
            key={key}
            ref={virtual.measureElement}
            data-index={index}
            aria-setsize={items.length}
            aria-posinset={index + 1}
            className="absolute inset-x-0 top-0 border-b last:border-b-0"
            style={{ transform: `translateY(${start - margin}px)` }}
          >
            {children(item)}
          </li>
        );
      })}
    </ul>
  );
}

/** Where an element begins on the page; followed while things above it come and go. */
export function useOffset(ref: { readonly current: HTMLElement | null }): number {
  const [offset, setOffset] = useState(0);
  useLayoutEffect(() => {
    const measure = (): void =>
      setOffset(ref.current === null ? 0 : ref.current.getBoundingClientRect().top + window.scrollY);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [ref]);
  return offset;
}
