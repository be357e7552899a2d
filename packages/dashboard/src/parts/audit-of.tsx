import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect, useEffectEvent } from 'react';
import { useCan } from '../lib/me.ts';
import { useRecordOf } from '../live/rows.ts';
import { auditQuery } from '../rest/audit.ts';
import { problemIn } from '../rest/request.ts';
import { AuditLine } from './audit-line.tsx';
import { Pane } from './pane.tsx';
import { ProblemNote } from './problem.tsx';
import { BoneRows } from './skeleton.tsx';

/** What was done to one record, newest first, for its own page. Nothing for those who may not read the log. */
export function AuditOf({ collection, id }: { collection: string; id: string }): ReactNode {
  const mayRead = useCan('audit:read');
  return mayRead ? <Lines target={`${collection}/${id}`} /> : null;
}

function Lines({ target }: { target: string }): ReactNode {
  const query = useInfiniteQuery(auditQuery({ target }, 8));
  useAuditTail(() => void query.refetch());
  const rows = query.data?.pages.flatMap((page) => page.rows) ?? [];
  return (
    <Pane
      title="Activity"
      note="who changed it"
      actions={
        <Link to="/audit" search={{ target }} className="text-sm text-muted hover:text-text hover:underline">
          All
        </Link>
      }
    >
      {query.isPending ? (
        <BoneRows rows={3} className="h-13" />
      ) : query.isError ? (
        <ProblemNote problem={problemIn(query.error)} className="m-4" />
      ) : rows.length === 0 ? (
        <p className="px-4 py-6 text-center text-sm text-muted">Nobody has changed it yet.</p>
      ) : (
        <ol>
          {rows.slice(0, 8).map((row) => (
            <li key={row.seq} className="border-b last:border-b-0">
              <Link to="/audit" search={{ target, open: row.seq }} className="block hover:bg-hover">
                <AuditLine row={row} isBrief />
              </Link>
            </li>
          ))}
        </ol>
      )}
    </Pane>
  );
}

/**
 * Calls when the log has grown: its newest number is a live metric record, the rows are asked for by REST. Returns the number,
 * null until it is known.
 */
export function useAuditTail(onGrown: () => void): number | null {
  const { row } = useRecordOf('metrics', 'audit');
  const seq = row?.values['seq'] ?? null;
  const grown = useEffectEvent(onGrown);
  useEffect(() => {
    if (seq !== null) grown();
  }, [seq]);
  return seq;
}
