import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';

/** A bar of the size of the text that comes. */
export function Bone({ className }: { className?: string }): ReactNode {
  return <span aria-hidden className={cx('bone block h-3', className)} />;
}

/** Rows of a table before its records are here, of the height of the rows that come. */
export function BoneRows({ rows, className }: { rows: number; className?: string }): ReactNode {
  return (
    <output aria-label="Loading" className="block">
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} className={cx('flex h-10 items-center gap-4 border-b px-4 last:border-b-0', className)}>
          <Bone className="size-4 rounded-full" />
          <Bone className={['w-40', 'w-52', 'w-32', 'w-44'][i % 4] ?? ''} />
          <Bone className="ml-auto w-24" />
          <Bone className="hidden w-16 sm:block" />
        </div>
      ))}
    </output>
  );
}
