import { clockTime, connectionLooks, isTrouble, brief, long } from '@statewire/client/look';
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { useConnection, type LiveConnection } from '../use-connection.ts';
import { useNowAs } from '../use-now.ts';
import { Glyph } from './glyph.tsx';
import { StatusIcon } from './status-icon.tsx';
import { styler, type Styled } from './styled.ts';

/** What `ConnectionStatus` takes. */
export interface ConnectionStatusProps extends Styled<'pill' | 'popover' | 'button'> {
  /**
   * `pill`: always there, opens to details. `banner`: only there when something is wrong for a while. `dot`: the shape
   * alone, its word on hover. Default `pill`.
   */
  readonly variant?: 'pill' | 'banner' | 'dot' | undefined;
  /** Default `medium`. */
  readonly size?: 'small' | 'medium' | 'large' | undefined;
  /** Offers to try again now. Default true. */
  readonly showReconnect?: boolean | undefined;
  /** Where a banner is: `fixed` at the foot of the window, moving nothing, or `inline` where it stands. Default `fixed`. */
  readonly placement?: 'fixed' | 'inline' | undefined;
  /** How long something is wrong before a banner says so, ms: not each blip is news. Default 3000. */
  readonly graceMs?: number | undefined;
  /** Where details open: towards the end or the start of the line. Default `end`. */
  readonly align?: 'end' | 'start' | undefined;
}

/**
 * The connection: Live, Reconnecting 4 s, Offline, and of when the data is. A change of state is said to screen
 * readers; the countdown is not.
 */
export function ConnectionStatus(props: ConnectionStatusProps): ReactNode {
  const { variant = 'pill' } = props;
  const connection = useConnection();
  const { word } = connectionLooks[connection.state];
  return (
    <>
      {/* Told once per change of state, also by a banner that is not there: its coming and going is the news. */}
      <output className="sw-hidden" style={HIDDEN}>
        Connection: {word}
      </output>
      {variant === 'banner' ? (
        <Banner {...props} connection={connection} />
      ) : variant === 'dot' ? (
        <Dot {...props} connection={connection} />
      ) : (
        <Pill {...props} connection={connection} />
      )}
    </>
  );
}

type Shown = ConnectionStatusProps & { readonly connection: LiveConnection };

function Dot(props: Shown): ReactNode {
  const { connection, size = 'medium' } = props;
  const { state } = connection;
  const { word, tone } = connectionLooks[state];
  return (
    <span
      className={styler(props).root('sw-connection-dot')}
      data-state={state}
      data-tone={tone}
      data-size={size}
      title={titleOf(connection)}
      aria-hidden="true"
    >
      <StatusIcon tone={tone} size={SIZES[size]} />
      <span className="sw-hidden" style={HIDDEN}>
        {word}
      </span>
    </span>
  );
}

function Pill(props: Shown): ReactNode {
  const { connection, size = 'medium', showReconnect = true, align = 'end' } = props;
  const { state, lastMessageAt, reconnect } = connection;
  const { root, part } = styler(props);
  const [isOpen, setIsOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const id = useId();
  const { word, tone } = connectionLooks[state];
  useEffect(() => {
    if (!isOpen) return undefined;
    const away = (event: Event): void => {
      if (event.target instanceof Node && box.current?.contains(event.target) === false) setIsOpen(false);
    };
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, [isOpen]);
  return (
    <div
      ref={box}
      className={root('sw-connection')}
      data-state={state}
      data-tone={tone}
      data-size={size}
      data-align={align}
      role="presentation"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen) return;
        setIsOpen(false);
        opener.current?.focus();
      }}
    >
      <button
        ref={opener}
        type="button"
        className={part('pill', 'sw-pill')}
        aria-expanded={isOpen}
        aria-controls={id}
        title={isOpen ? undefined : titleOf(connection)}
        onClick={() => setIsOpen(!isOpen)}
      >
        <StatusIcon tone={tone} size={SIZES[size]} />
        <span>
          {word}
          <Countdown to={connection.retryAt} />
        </span>
        {isTrouble(state) && lastMessageAt !== null ? (
          <span className="sw-pill-asof">data as of {clockTime(lastMessageAt)}</span>
        ) : null}
      </button>
      <div id={id} className={part('popover', 'sw-popover')} hidden={!isOpen}>
        {isOpen ? <Details connection={connection} /> : null}
        {showReconnect ? (
          <button type="button" className={part('button', 'sw-button')} data-wide="" onClick={reconnect}>
            <Glyph name="refresh" size={14} />
            {state === 'live' ? 'Check now' : 'Reconnect now'}
          </button>
        ) : null}
      </div>
    </div>
  );
}

function Banner(props: Shown): ReactNode {
  const { connection, graceMs = 3_000, placement = 'fixed', showReconnect = true } = props;
  const { state, since, lastMessageAt, error, reconnect } = connection;
  const { root, part } = styler(props);
  const isLong = useNowAs((now) => now - since >= graceMs, false);
  if (!isTrouble(state) || !isLong) return null;
  const { word, tone } = connectionLooks[state];
  return (
    <div className={root('sw-banner')} data-state={state} data-tone={tone} data-placement={placement}>
      <StatusIcon tone={tone} size={18} />
      <div className="sw-banner-body">
        <p className="sw-banner-title">
          {word}
          <Countdown to={connection.retryAt} />
        </p>
        <p className="sw-banner-text">
          {lastMessageAt === null ? 'Nothing has been received yet.' : `Data as of ${clockTime(lastMessageAt)}.`}
          {error === null ? '' : ` ${error.message}`}
        </p>
      </div>
      {showReconnect ? (
        <button type="button" className={part('button', 'sw-button')} onClick={reconnect}>
          Reconnect now
        </button>
      ) : null}
    </div>
  );
}

function Countdown({ to }: { readonly to: number | null }): ReactNode {
  return to === null ? null : <Counting to={to} />;
}

function Counting({ to }: { readonly to: number }): ReactNode {
  const left = useNowAs((now) => (now === 0 || to - now <= 0 ? '' : brief(Math.ceil((to - now) / 1000) * 1000)), '');
  return <span className="sw-pill-count"> {left}</span>;
}

function Details({ connection }: { readonly connection: LiveConnection }): ReactNode {
  const { since, rttMs, quality, failures, error, lastMessageAt, org } = connection;
  const age = useNowAs((now) => (since === 0 ? '' : long(now - since)), '');
  const rows: readonly (readonly [string, string | null])[] = [
    ['Since', since === 0 ? null : `${clockTime(since)} (${age})`],
    ['Last message', lastMessageAt === null ? null : clockTime(lastMessageAt)],
    ['Round trip', rttMs === null ? null : `${Math.round(rttMs)} ms${quality === null ? '' : ` (${quality})`}`],
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

/** The tooltip: the word, and what is known of it. */
function titleOf({ state, rttMs, error }: LiveConnection): string {
  const { word } = connectionLooks[state];
  if (state === 'live' && rttMs !== null) return `${word}, ${Math.round(rttMs)} ms away`;
  return error === null ? word : `${word}: ${error.message}`;
}

const SIZES = { small: 12, medium: 14, large: 16 } as const;

/** Unseen also without the stylesheet: it is there for screen readers alone. */
const HIDDEN = {
  position: 'absolute',
  width: 1,
  height: 1,
  overflow: 'hidden',
  clipPath: 'inset(50%)',
  whiteSpace: 'nowrap',
} as const;
