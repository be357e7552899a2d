import { useId, useState, type ReactNode } from 'react';
import { useConnection } from '../use-connection.ts';
import { useNowWhile } from '../use-now.ts';
import { classes, connectionWords, duration } from './words.ts';

export interface ConnectionStatusProps {
  readonly className?: string | undefined;
}

/**
 * The connection as a pill: Live, Reconnecting 4 s, Offline, and of when the data is. Opens to details and a button to
 * try now. A change of state is said to screen readers; the countdown is not.
 */
export function ConnectionStatus({ className }: ConnectionStatusProps): ReactNode {
  const connection = useConnection();
  const { state, retryAt, lastMessageAt, reconnect } = connection;
  const [isOpen, setIsOpen] = useState(false);
  const id = useId();
  const isDown = state !== 'live' && state !== 'connecting' && state !== 'idle';
  const now = useNowWhile(retryAt !== null);
  const word = connectionWords[state];
  const countdown = retryAt !== null && now > 0 ? ` ${duration(retryAt - now)}` : '';
  const close = (): void => setIsOpen(false);
  return (
    <div
      className={classes('sw-connection', className)}
      data-state={state}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
      role="presentation"
    >
      <button
        type="button"
        className="sw-pill"
        data-state={state}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setIsOpen(!isOpen)}
      >
        <span className="sw-pill-mark" aria-hidden="true" />
        <span>
          {word}
          <span className="sw-pill-count">{countdown}</span>
        </span>
        {isDown && lastMessageAt !== null ? (
          <span className="sw-pill-asof">data as of {clock(lastMessageAt)}</span>
        ) : null}
      </button>
      <output className="sw-hidden">{word}</output>
      <div id={id} className="sw-popover" hidden={!isOpen}>
        <Details connection={connection} />
        <button type="button" className="sw-button" onClick={reconnect}>
          {state === 'live' ? 'Check now' : 'Reconnect now'}
        </button>
      </div>
    </div>
  );
}

function Details({ connection }: { readonly connection: ReturnType<typeof useConnection> }): ReactNode {
  const { since, rttMs, quality, failures, error, lastMessageAt, org } = connection;
  const rows: readonly (readonly [string, string | null])[] = [
    ['Since', since === 0 ? null : clock(since)],
    ['Last message', lastMessageAt === null ? null : clock(lastMessageAt)],
    ['Round trip', rttMs === null ? null : `${rttMs} ms${quality === null ? '' : ` (${quality})`}`],
    ['Failed attempts', failures === 0 ? null : String(failures)],
    ['Organization', org],
    ['Reason', error === null ? null : error.message],
  ];
  return (
    <dl className="sw-details">
      {rows.map(([name, value]) =>
        value === null ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

/** `10:41:07` in the reader's time zone. */
function clock(at: number): string {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}
