import type { IncidentPhase } from '@statewire/model';
import type { ReactNode } from 'react';
import { cx } from '../../lib/cx.ts';
import { phases } from './look.ts';

/** Where an incident stands, as icon and word. */
export function Phase({ phase }: { phase: IncidentPhase }): ReactNode {
  const look = phases[phase];
  return (
    <span
      className={cx(
        'inline-flex shrink-0 items-center gap-1.5 rounded-full px-2 py-0.5 text-xs font-medium',
        look.soft,
        look.ink,
      )}
    >
      <look.icon aria-hidden className="size-3.5" />
      {look.word}
    </span>
  );
}
