import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { agentName } from '../../lib/agent.ts';
import { exact, plural } from '../../lib/format.ts';
import { Button } from '../../parts/button.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { Ago } from '../../parts/time.tsx';
import { done, failedToast } from '../../parts/toast.tsx';
import { endOtherSessions, endSession, type OpenSession, sessionsQuery } from '../../rest/people.ts';
import { problemIn } from '../../rest/request.ts';

/** Where one is signed in. What a session had opened closes with it. */
export function SessionsPane(): ReactNode {
  const queries = useQueryClient();
  const list = useQuery(sessionsQuery);
  const again = (): Promise<void> => queries.invalidateQueries({ queryKey: sessionsQuery.queryKey });
  const end = async (session: OpenSession): Promise<void> => {
    const answer = await endSession(session.id);
    if (answer.ok) done('Session ended', agentName(session.agent));
    else failedToast(answer.problem);
    await again();
  };
  const endOthers = async (): Promise<void> => {
    const answer = await endOtherSessions();
    if (answer.ok) done(`${plural(answer.value.ended, 'session')} ended`);
    else failedToast(answer.problem);
    await again();
  };
  return (
    <Pane
      title="Sessions"
      {...(list.data === undefined ? {} : { note: plural(list.data.length, 'session') })}
      actions={
        list.data !== undefined &&
        list.data.length > 1 && (
          <Button size="small" tone="danger" onClick={() => void endOthers()}>
            End all others
          </Button>
        )
      }
    >
      {list.isPending ? (
        <BoneRows rows={2} className="h-14" />
      ) : list.isError ? (
        <ProblemNote problem={problemIn(list.error)} className="m-3" />
      ) : (
        <ul>
          {list.data.map((session) => (
            <li key={session.id} className="flex min-h-14 items-center gap-3 border-b px-4 py-2 last:border-b-0">
              <div className="min-w-0 flex-1">
                <p className="truncate font-medium" title={session.agent}>
                  {agentName(session.agent)}
                  {session.isThis && <span className="font-normal text-muted"> (this one)</span>}
                </p>
                <p className="text-xs text-muted">
                  {session.ip} · seen <Ago at={session.lastSeenAt} /> · since {exact(session.createdAt)}
                  {session.way === 'oidc' && ' · by provider'}
                </p>
              </div>
              {!session.isThis && (
                <Button
                  size="small"
                  tone="danger"
                  onClick={() => void end(session)}
                  aria-label={`End the session of ${agentName(session.agent)}`}
                >
                  End
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </Pane>
  );
}
