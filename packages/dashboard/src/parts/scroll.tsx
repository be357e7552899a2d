import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';

/** A box that scrolls by itself; it can be focused, so that the keyboard can scroll it too. */
export function Scroll({
  label,
  className,
  children,
}: {
  label: string;
  className?: string;
  children: ReactNode;
}): ReactNode {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- without it a keyboard cannot reach what is scrolled away.
    <section tabIndex={0} aria-label={label} className={cx('overflow-auto', className)}>
      {children}
    </section>
  );
}

/** A piece of code to read or copy. */
export function CodeBlock({ label, text, className }: { label: string; text: string; className?: string }): ReactNode {
  return (
    <Scroll label={label} className={cx('rounded-control bg-sunken p-3 text-left', className)}>
      <pre className="code text-xs leading-5">{text}</pre>
    </Scroll>
  );
}
