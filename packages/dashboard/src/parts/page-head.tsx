import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';

const NUMBER = /^[\d.,\s]+$/u;

interface Props {
  readonly title: string;
  /** What there is to say of it at a glance: how many, how it goes. */
  readonly note?: ReactNode;
  /** What can be done here, the likeliest last. */
  readonly children?: ReactNode;
}

/** The head of a page: the same height on every one, with buttons or without, so that nothing jumps from page to page. */
export function PageHead({ title, note, children }: Props): ReactNode {
  const isNumber = typeof note === 'string' && NUMBER.test(note);
  return (
    <header className="mb-4 flex min-h-8 flex-wrap items-center gap-x-4 gap-y-1.5 pointer-coarse:min-h-11">
      <h1 className={cx('min-w-0 text-xl font-semibold tracking-tight', !isNumber && 'max-sm:flex-1')}>{title}</h1>
      {/* On a phone below the title, so that the buttons stay beside it; a number stays with it. */}
      {note !== undefined && note !== '' && (
        <p className={cx('text-muted', !isNumber && 'max-sm:order-3 max-sm:w-full')}>{note}</p>
      )}
      {children !== undefined && <div className="ml-auto flex items-center gap-2">{children}</div>}
    </header>
  );
}
