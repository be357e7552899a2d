import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';

interface Props {
  readonly title?: ReactNode;
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
  readonly bodyClassName?: string;
}

/** A titled card. The body has no padding: lists go to the edge, text brings its own. */
export function Pane({ title, note, actions, children, className, bodyClassName }: Props): ReactNode {
  return (
    <section className={cx('pane min-w-0 overflow-clip', className)}>
      {title !== undefined && (
        <header className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2">
          <h2 className="text-base font-semibold">{title}</h2>
          {note !== undefined && <span className="text-sm text-muted">{note}</span>}
          {actions !== undefined && <div className="ml-auto flex items-center gap-1">{actions}</div>}
        </header>
      )}
      {/* The line belongs to the body: a card that has only a head has no line inside. */}
      <div className={cx(title !== undefined && 'not-empty:border-t', bodyClassName)}>{children}</div>
    </section>
  );
}
