import type { Health, Observer, Service } from '@statewire/model';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { cx } from '../../lib/cx.ts';
import { latency, sentence, words } from '../../lib/format.ts';
import { useCan } from '../../lib/me.ts';
import { serverNow } from '../../lib/ticker.ts';
import { Pane } from '../../parts/pane.tsx';
import { type Look, StatusIcon, statusLooks } from '../../parts/status.tsx';
import { Ago, Lasting } from '../../parts/time.tsx';
import { keysQuery } from '../../rest/keys.ts';

/** What each of several observers says, and how their words become one. */
export function ObserversPane({ row }: { row: Service }): ReactNode {
  const list = Object.entries(row.observers).sort(([a, one], [b, other]) => {
    return rank[one.health] - rank[other.health] || (a < b ? -1 : 1);
  });
  const mayRead = useCan('keys:read');
  // An observer is known by its key's id; who may see the keys sees its name.
  const keys = useQuery({ ...keysQuery, enabled: mayRead && list.length > 0 });
  if (list.length === 0) return null;
  const names = new Map((keys.data ?? []).map(({ id, name }) => [id, name]));
  return (
    <Pane title="Observers" note={row.split === '' ? 'they agree' : `${row.split} say it is bad`}>
      <ul>
        {list.map(([id, observer]) => (
          <Line key={id} name={id === 'server' ? 'This server' : (names.get(id) ?? id)} observer={observer} />
        ))}
      </ul>
      <p className="border-t px-4 py-2 text-xs text-muted">{ruleText(row)}</p>
    </Pane>
  );
}

const rank: Readonly<Record<Health, number>> = { unhealthy: 0, degraded: 1, unknown: 2, healthy: 3 };
const looks: Readonly<Record<Health, Look>> = {
  healthy: statusLooks.up,
  degraded: statusLooks.degraded,
  unhealthy: statusLooks.down,
  unknown: statusLooks.unknown,
};

function Line({ name, observer }: { name: string; observer: Observer }): ReactNode {
  const isSilent = observer.expiresAt <= serverNow();
  const why = observer.text || (observer.code === 'ok' ? '' : words(observer.code));
  return (
    <li className={cx('flex items-start gap-2.5 border-b px-4 py-2 text-sm last:border-b-0', isSilent && 'text-muted')}>
      <StatusIcon look={isSilent ? statusLooks.unknown : looks[observer.health]} label={false} className="mt-0.5" />
      <div className="min-w-0 flex-1">
        <p className="flex items-baseline gap-3">
          <span className="truncate font-medium">{name}</span>
          <span className="ml-auto shrink-0 text-xs text-muted">{latency(observer.ms)}</span>
        </p>
        <p className="flex items-baseline gap-3 text-xs text-muted">
          <span className="min-w-0 truncate" title={why}>
            {sentence(observer.health)} for <Lasting since={observer.since} short />
            {why !== '' && ` · ${why}`}
          </span>
          <span className="ml-auto shrink-0">
            {isSilent && 'does not count, '}
            <Ago at={observer.at} />
          </span>
        </p>
      </div>
    </li>
  );
}

function ruleText({ fusion }: Service): string {
  switch (fusion.rule) {
    case 'any':
      return 'The worst word counts.';
    case 'all':
      return 'Down only when all say so.';
    case 'named':
      return `The word of ${fusion.named ?? 'one observer'} counts.`;
    default:
      return 'Down when more than half say so; degraded when they disagree.';
  }
}
