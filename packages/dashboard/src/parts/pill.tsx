import type { ConnectionStatus } from '@statewire/client';
import { useClient, useConnection } from '@statewire/react';
import { CloudOff, LockKeyhole, type LucideIcon, RefreshCw } from 'lucide-react';
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
  const { state } = useConnection();
  return (
    <>
      {/* Told once per change of state; the countdown beside it ticks silently. */}
      <output className="sr-only">Connection: {words[state]}</output>
      {state === 'live' || state === 'idle' || state === 'connecting' ? <Calm /> : <Trouble />}
    </>
  );
}

const words: Readonly<Record<ConnectionStatus, string>> = {
  idle: 'Connecting',
  connecting: 'Connecting',
  live: 'Live',
  stale: 'Silent',
  reconnecting: 'Reconnecting',
  offline: 'Offline',
  unauthorized: 'Signed out',
  closed: 'Offline',
};

function Calm(): ReactNode {
  const { state, rttMs } = useConnection();
  const isLive = state === 'live';
  return (
    <span
      aria-hidden
      title={rttMs === null ? words[state] : `Connected, ${Math.round(rttMs)} ms away`}
      className="inline-flex h-7 items-center gap-2 rounded-full px-2.5 text-xs font-medium text-muted"
    >
      <span className={cx('size-2 rounded-full', isLive ? 'bg-up' : 'beat bg-quiet')} />
      {words[state]}
    </span>
  );
}

function Trouble(): ReactNode {
  const client = useClient();
  const { state, retryAt } = useConnection();
  const heardAt = client.connection.lastMessageAt;
  const Icon = icons[state] ?? RefreshCw;
  return (
    <button
      type="button"
      onClick={() => client.reconnect()}
      title="Try again now"
      className={cx(
        'inline-flex h-7 items-center gap-2 rounded-full px-2.5 text-xs font-medium pointer-coarse:h-10',
        state === 'unauthorized' ? 'bg-down-soft text-down' : 'bg-degraded-soft text-degraded',
      )}
    >
      <Icon aria-hidden className="size-3.5" />
      <span>
        {words[state]}
        {state === 'reconnecting' && retryAt !== null && <Countdown to={retryAt} />}
      </span>
      {heardAt !== null && <span className="font-normal max-sm:hidden">data as of {clockTime(heardAt)}</span>}
    </button>
  );
}

const icons: Readonly<Partial<Record<ConnectionStatus, LucideIcon>>> = {
  unauthorized: LockKeyhole,
  offline: CloudOff,
  closed: CloudOff,
};

function Countdown({ to }: { to: number }): ReactNode {
  // On this machine's clock, where the wait is counted.
  const ref = useTick<HTMLSpanElement>(() => left(to));
  return <span ref={ref}>{left(to)}</span>;
}

function left(to: number): string {
  const s = Math.ceil((to - env.now()) / 1000);
  return s <= 0 ? '' : ` ${s} s`;
}
