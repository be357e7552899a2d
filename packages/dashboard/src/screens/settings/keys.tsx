import { useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound, Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { exact, plural } from '../../lib/format.ts';
import { useCan } from '../../lib/me.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Empty } from '../../parts/empty.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { Ago } from '../../parts/time.tsx';
import { done } from '../../parts/toast.tsx';
import { type ApiKey, keysQuery, revokeKey } from '../../rest/keys.ts';
import { problemIn } from '../../rest/request.ts';
import { NotYours } from './layout.tsx';
import { NewKey } from './new-key.tsx';

const KEYS = keysQuery.queryKey;

const SETTINGS = { title: 'Settings' } as const;

/** API keys: made here, shown once, revoked at once. */
export function Keys(): ReactNode {
  useCrumbs('API keys', SETTINGS);
  return useCan('keys:read') ? <KeysPane /> : <NotYours />;
}

function KeysPane(): ReactNode {
  const queries = useQueryClient();
  const list = useQuery(keysQuery);
  const mayMake = useCan('keys:create');
  const mayRevoke = useCan('keys:delete');
  const [isMaking, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  return (
    <Pane
      title="API keys"
      {...(list.data === undefined || list.data.length === 0 ? {} : { note: plural(list.data.length, 'key') })}
      {...(mayMake
        ? {
            actions: (
              <Button size="small" onClick={() => setMaking(true)}>
                <Plus aria-hidden /> New key
              </Button>
            ),
          }
        : {})}
    >
      {list.isPending ? (
        <BoneRows rows={2} className="h-14" />
      ) : list.isError ? (
        <ProblemNote problem={problemIn(list.error)} className="m-3" />
      ) : list.data.length === 0 ? (
        <Empty icon={KeyRound} title="No keys yet" className="py-8">
          Programs use keys: to read, to report, or to change settings.
        </Empty>
      ) : (
        <ul>
          {list.data.map((key) => (
            <li key={key.id} className="flex min-h-14 items-center gap-3 border-b px-4 py-2 last:border-b-0">
              <div className="min-w-0 flex-1">
                <p className="flex min-w-0 items-baseline gap-2">
                  <span className="truncate font-medium">{key.name}</span>
                  <code className="code shrink-0 text-xs text-muted">{key.hint}…</code>
                </p>
                <p className="truncate text-xs text-muted">
                  <span title={key.permissions?.join(', ')}>
                    {key.scope ?? plural(key.permissions?.length ?? 0, 'permission')}
                  </span>
                  {' · made '}
                  <Ago at={key.createdAt} />
                  {' · '}
                  {key.holds !== 'all' && (
                    <span className="text-ink">
                      {key.holds === 'none'
                        ? 'asleep: its maker may do none of it'
                        : 'narrowed: its maker may do less now'}
                      {' · '}
                    </span>
                  )}
                  {key.lastUsedAt === null ? (
                    'never used'
                  ) : (
                    <>
                      used <Ago at={key.lastUsedAt} />
                    </>
                  )}
                  {key.expiresAt !== null && <> · ends {exact(key.expiresAt)}</>}
                </p>
              </div>
              {mayRevoke && (
                <Button size="small" tone="danger" onClick={() => setRevoking(key)} aria-label={`Revoke ${key.name}`}>
                  Revoke
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {isMaking && (
        <NewKey onClose={() => setMaking(false)} onMade={() => void queries.invalidateQueries({ queryKey: KEYS })} />
      )}
      <Confirm
        open={revoking !== null}
        onClose={() => setRevoking(null)}
        title={`Revoke ${revoking?.name ?? ''}?`}
        verb="Revoke it"
        onConfirm={async () => {
          if (revoking === null) return null;
          const answer = await revokeKey(revoking.id);
          await queries.invalidateQueries({ queryKey: KEYS });
          if (!answer.ok) return answer.problem;
          done(`${revoking.name} revoked`);
          return null;
        }}
      >
        <p>It stops counting at once, and connections that use it are closed. This cannot be taken back.</p>
      </Confirm>
    </Pane>
  );
}
