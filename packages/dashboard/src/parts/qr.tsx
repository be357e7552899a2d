import { type ReactNode, useMemo } from 'react';
import { qrOf } from '../lib/qr.ts';

const QUIET = 4;

/** A QR code, dark on light in every theme: many cameras read no other. `label` says what it leads to. */
export function Qr({ text, label }: { text: string; label: string }): ReactNode {
  const drawn = useMemo(() => {
    const grid = qrOf(text);
    if (grid === null) return null;
    const path = grid.flatMap((row, y) =>
      row.flatMap((dark, x) => (dark ? [`M${x + QUIET} ${y + QUIET}h1v1h-1z`] : [])),
    );
    return { size: grid.length + QUIET * 2, path: path.join('') };
  }, [text]);
  if (drawn === null) return null;
  return (
    <svg
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a drawing in the page, and one image for whoever hears it.
      role="img"
      aria-label={label}
      viewBox={`0 0 ${drawn.size} ${drawn.size}`}
      shapeRendering="crispEdges"
      className="size-44 shrink-0 rounded-card border"
    >
      <rect width={drawn.size} height={drawn.size} fill="#fff" />
      <path d={drawn.path} fill="#000" />
    </svg>
  );
}
