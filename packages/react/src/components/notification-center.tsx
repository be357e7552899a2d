import type { Notification, Priority } from '@statewire/model';
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { Glyph } from './glyph.tsx';
import { RelativeTime } from './relative-time.tsx';
import { styler, type Styled } from './styled.ts';
import { useNotificationCenter, type NotificationCenterState } from './use-notification-center.ts';

type CenterPart = 'badge' | 'bell' | 'button' | 'item' | 'panel';

/** What `NotificationCenter` takes. */
export interface NotificationCenterProps extends Styled<CenterPart> {
  /** `bell`: a button with the number of unread ones that opens the list. `panel`: the list itself. Default `bell`. */
  readonly variant?: 'bell' | 'panel' | undefined;
  /** Opens what a notification is about. It is marked read before. */
  readonly onOpen?: ((notification: Notification) => void) | undefined;
  /** Items to show at most; the rest is a number. Default 30. */
  readonly max?: number | undefined;
  /** How long Snooze puts off, ms. Default one hour. */
  readonly snoozeMs?: number | undefined;
  /** Where the list opens: towards the end or the start of the line. Default `end`. */
  readonly align?: 'end' | 'start' | undefined;
}

/** One's own inbox, live: unread count, read, archive, snooze, all at once. */
export function NotificationCenter(props: NotificationCenterProps): ReactNode {
  const center = useNotificationCenter();
  return props.variant === 'panel' ? <Panel {...props} center={center} /> : <Bell {...props} center={center} />;
}

type Shown = NotificationCenterProps & { readonly center: NotificationCenterState };

function Bell(props: Shown): ReactNode {
  const { center, align = 'end', onOpen } = props;
  const { unread, urgent } = center;
  const { root, part } = styler(props);
  const [isOpen, setIsOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => {
    if (!isOpen) return undefined;
    const away = (event: Event): void => {
      if (event.target instanceof Node && box.current?.contains(event.target) === false) setIsOpen(false);
    };
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, [isOpen]);
  const spoken =
    unread === 0
      ? 'Notifications: nothing unread'
      : `Notifications: ${unread} unread${urgent === 0 ? '' : `, ${urgent} urgent`}`;
  return (
    <div
      ref={box}
      className={root('sw-center')}
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
        className={part('bell', 'sw-icon-button')}
        data-size="large"
        aria-label={spoken}
        title={spoken}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setIsOpen(!isOpen)}
      >
        <Glyph name="bell" size={18} />
        {unread === 0 ? null : (
          <span className={part('badge', 'sw-count')} data-urgent={urgent > 0 ? '' : undefined} aria-hidden="true">
            {unread > 99 ? '99+' : unread}
          </span>
        )}
      </button>
      <div id={id} className="sw-popover" data-kind="panel" hidden={!isOpen}>
        {isOpen ? (
          <Panel
            {...props}
            className={undefined}
            onOpen={(row) => {
              setIsOpen(false);
              onOpen?.(row);
            }}
          />
        ) : null}
      </div>
    </div>
  );
}

function Panel(props: Shown): ReactNode {
  const { center, max = 30 } = props;
  const { items, unread, status, error } = center;
  const { root, part } = styler(props);
  const heading = useId();
  return (
    <section
      className={root(part('panel', 'sw-panel') ?? '')}
      aria-labelledby={heading}
      data-live={status}
      data-stale={status === 'stale' || status === 'offline' ? '' : undefined}
    >
      <header className="sw-panel-head">
        <h2 id={heading} className="sw-panel-title">
          Notifications
        </h2>
        <button
          type="button"
          className={part('button', 'sw-text-button')}
          disabled={unread === 0}
          onClick={() => void center.markAllRead()}
        >
          Mark all read
        </button>
        <button
          type="button"
          className={part('button', 'sw-text-button')}
          disabled={items.length === 0}
          onClick={() => void center.archiveAll()}
        >
          Archive all
        </button>
      </header>
      <p className="sw-error" role="alert" hidden={error === null}>
        {error}
      </p>
      {status === 'loading' ? (
        <div className="sw-bones" aria-hidden="true">
          <i /> <i /> <i />
        </div>
      ) : items.length === 0 ? (
        <div className="sw-empty">
          <Glyph name="inbox" size={22} />
          <p className="sw-empty-title">{status === 'denied' ? 'Not for this sign-in' : 'Nothing here'}</p>
          <p>
            {status === 'denied'
              ? 'Notifications belong to a person; a key has none.'
              : 'What happens and concerns you comes here at once.'}
          </p>
        </div>
      ) : (
        <ul className="sw-news">
          {items.slice(0, max).map((row) => (
            <Item key={row.id} {...props} row={row} />
          ))}
        </ul>
      )}
      {items.length > max ? <p className="sw-note">and {items.length - max} more</p> : null}
    </section>
  );
}

function Item(props: Shown & { readonly row: Notification }): ReactNode {
  const { row, center, onOpen, snoozeMs = 3_600_000 } = props;
  const { part } = styler(props);
  const isUnread = row.state === 'unread';
  return (
    <li
      className={part('item', 'sw-news-item')}
      data-state={row.state}
      data-priority={row.priority}
      data-tone={TONES[row.priority]}
    >
      <span className="sw-news-mark" aria-hidden="true" />
      <div className="sw-news-body">
        {/* The whole row is pressed, by a button that lies under the others. */}
        <button
          type="button"
          className="sw-news-open"
          onClick={() => {
            if (isUnread) void center.markRead(row.id);
            onOpen?.(row);
          }}
        >
          {row.title}
          {isUnread ? <span className="sw-hidden"> (unread)</span> : null}
        </button>
        {row.text === '' ? null : <p className="sw-news-text">{row.text}</p>}
        <p className="sw-news-facts">
          {PRIORITY_WORDS[row.priority] === '' ? null : (
            <span className="sw-news-priority">{PRIORITY_WORDS[row.priority]}</span>
          )}
          <RelativeTime at={row.lastAt} />
          {row.count > 1 ? <span title={`Came ${row.count} times`}>× {row.count}</span> : null}
        </p>
      </div>
      <div className="sw-news-actions">
        <IconButton
          name="check"
          label={isUnread ? `Mark read: ${row.title}` : `Mark unread: ${row.title}`}
          title={isUnread ? 'Mark read' : 'Mark unread'}
          className={part('button', 'sw-icon-button')}
          run={() => void (isUnread ? center.markRead(row.id) : center.markUnread(row.id))}
        />
        <IconButton
          name="clock"
          label={`Snooze: ${row.title}`}
          title="Snooze"
          className={part('button', 'sw-icon-button')}
          run={() => void center.snooze(row.id, snoozeMs)}
        />
        <IconButton
          name="archive"
          label={`Archive: ${row.title}`}
          title="Archive"
          className={part('button', 'sw-icon-button')}
          run={() => void center.archive(row.id)}
        />
      </div>
    </li>
  );
}

function IconButton(props: {
  readonly name: 'archive' | 'check' | 'clock';
  readonly label: string;
  readonly title: string;
  readonly className: string | undefined;
  readonly run: () => void;
}): ReactNode {
  return (
    <button type="button" className={props.className} aria-label={props.label} title={props.title} onClick={props.run}>
      <Glyph name={props.name} size={15} />
    </button>
  );
}

const TONES: Readonly<Record<Priority, 'degraded' | 'down' | 'quiet'>> = {
  low: 'quiet',
  normal: 'quiet',
  high: 'degraded',
  urgent: 'down',
};

/** Only what presses is named. */
const PRIORITY_WORDS: Readonly<Record<Priority, string>> = { low: '', normal: '', high: 'High', urgent: 'Urgent' };
