import { useClient, useConnection } from '@statewire/react';
import { CloudOff, LockKeyhole, RefreshCw } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import { env } from '../lib/env.ts';
import { clockTime } from '../lib/format.ts';
import { useTick } from '../lib/ticker.ts';

/**
 * How far the page can be trusted, always in the same place: Live, Reconnecting 4 s, Offline. While not live it says
 * of when the data is, and a press tries again at once. Its width is kept per word, so that the line does not jump.
 */
export function Pill(): ReactNode {
  const client = useClient();
  const { state, rttMs, retryAt } = useConnection();
  const heardAt = client.connection.lastMessageAt;
  if (state === 'live') {
    return (
      <span
        role="status"
        title={rttMs === null ? 'Connected' : `Connected, ${Math.round(rttMs)} ms away`}
        className="inline-flex h-7 items-center gap-2 rounded-full px-2.5 text-xs font-medium text-muted"
      >
        <span aria-hidden className="size-2 rounded-full bg-up" />
        Live
      </span>
    );
  }
  if (state === 'idle' || state === 'connecting') {
    return (
      <span
        role="status"
        className="inline-flex h-7 items-center gap-2 rounded-full px-2.5 text-xs font-medium text-muted"
      >
        <span aria-hidden className="beat size-2 rounded-full bg-quiet" />
        Connecting
      </span>
    );
  }
  const isLost = state === 'offline' || state === 'closed';
  const isDenied = state === 'unauthorized';
  const Icon = isDenied ? LockKeyhole : isLost ? CloudOff : RefreshCw;
  return (
    <button
      type="button"
      onClick={() => client.reconnect()}
      title="Try again now"
      className={cx(
        'inline-flex h-7 items-center gap-2 rounded-full px-2.5 text-xs font-medium',
        isDenied ? 'bg-down-soft text-down' : 'bg-degraded-soft text-degraded',
      )}
    >
      <Icon aria-hidden className="size-3.5" />
      <span role="status">
        {isDenied ? (
          'Signed out'
        ) : isLost ? (
          'Offline'
        ) : state === 'stale' ? (
          'Silent'
        ) : (
          <>Reconnecting{retryAt !== null && <Countdown to={retryAt} />}</>
        )}
      </span>
      {heardAt !== null && <span className="font-normal max-sm:hidden">data as of {clockTime(heardAt)}</span>}
    </button>
  );
}

function Countdown({ to }: { to: number }): ReactNode {
  // On this machine's clock, where the wait is counted.
  const ref = useTick<HTMLSpanElement>(() => left(to));
  return <span ref={ref}>{left(to)}</span>;
}

function left(to: number): string {
  const s = Math.ceil((to - env.now()) / 1000);
  return s <= 0 ? '' : ` ${s} s`;
}
