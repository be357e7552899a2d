import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import { sentence } from '../lib/format.ts';
import type { Problem } from '../rest/request.ts';
import { CopyButton } from './copy.tsx';

/** What happened, why, and the next step, with a detail that can be pasted into a report. */
export function ProblemNote({ problem, className }: { problem: Problem; className?: string }): ReactNode {
  return (
    <div
      role="alert"
      className={cx('flex items-start gap-2.5 rounded-control bg-down-soft px-3 py-2.5 text-sm text-text', className)}
    >
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-down" />
      <div className="min-w-0 flex-1">
        <p className="font-medium break-words">{sentence(problem.detail || problem.title)}</p>
        {problem.next !== '' && <p className="mt-0.5 break-words text-muted">{sentence(problem.next)}.</p>}
      </div>
      <CopyButton label="Detail" text={JSON.stringify(problem, null, 2)} className="-my-1 shrink-0" />
    </div>
  );
}
