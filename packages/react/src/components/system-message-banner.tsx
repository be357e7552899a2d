// oxlint-disable jsx-a11y/prefer-tag-over-role -- a live region is not what <output> means for a message that stands.
import { messageLooks } from '@statewire/client/look';
import type { MessagePriority } from '@statewire/model';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useNowAs } from '../use-now.ts';
import { useSystemMessages } from '../use-system-messages.ts';
import { Glyph } from './glyph.tsx';
import { MessageAnchor, MessageBody } from './message-body.tsx';
import { StatusIcon } from './status-icon.tsx';
import { styler, type Styled } from './styled.ts';
import { phaseOf, priorityOf, type ShownMessage } from './system-message.ts';

interface BannerLooks extends Styled<'close' | 'link' | 'message'> {
  /** Messages to show at once, the most pressing first; the rest is one click away. Default 3. */
  readonly max?: number | undefined;
  /** `flow`: where it stands, moving what is below. `over`: above the page, moving nothing. Default `flow`. */
  readonly placement?: 'flow' | 'over' | undefined;
}

interface BannerShown extends BannerLooks {
  readonly messages: readonly ShownMessage[];
  /** Told when a reader puts one away; it stays away while this component stands. */
  readonly onDismiss?: ((id: string) => void) | undefined;
  readonly onLink?: ((id: string, url: string) => void) | undefined;
}

interface BannerLive extends BannerLooks {
  readonly messages?: undefined;
  /** Of what a writer sees: only what this customer's users see. Default: what is for the organization's own people. */
  readonly client?: string | undefined;
}

/** Messages given, or those that are for the caller, watched. */
export type SystemMessageBannerProps = BannerLive | BannerShown;

/**
 * What operators say, while it holds: it comes and goes at its times by the server's clock, without a reload. Without
 * `messages` it shows what is for the caller, says to the server what was shown, followed and put away, and what was put
 * away stays so.
 */
export function SystemMessageBanner(props: SystemMessageBannerProps): ReactNode {
  return props.messages === undefined ? <LiveBanner {...props} /> : <Shown {...props} />;
}

function LiveBanner({ client, ...rest }: BannerLive): ReactNode {
  const { openMessages, seen, click, dismiss } = useSystemMessages({ client, where: ACTIVE });
  const told = useRef(new Set<string>());
  // Writers see what is for customers too; that is for the app's own pages.
  const mine = client === undefined ? openMessages.filter(({ audience }) => audience !== 'customers') : openMessages;
  return (
    <Shown
      {...rest}
      messages={mine}
      isLive
      onShow={(id) => {
        if (told.current.has(id)) return;
        told.current.add(id);
        void seen(id);
      }}
      onDismiss={(id) => void dismiss(id)}
      onLink={(id) => void click(id)}
    />
  );
}

interface Inner extends BannerShown {
  readonly onShow?: ((id: string) => void) | undefined;
  /** What is put away is known to whoever gives the messages, and comes back when the server refuses. */
  readonly isLive?: boolean;
}

function Shown(props: Inner): ReactNode {
  const { messages, max = 3, placement = 'flow', onDismiss, onLink, onShow, isLive = false } = props;
  const box = useRef<HTMLDivElement>(null);
  const cameFrom = useRef<Element | null>(null);
  const { root, part } = styler(props);
  const [away, setAway] = useState<ReadonlySet<string>>(NONE);
  const [isWhole, setIsWhole] = useState(false);
  const of = (now: number): string =>
    messages
      .filter((message) => (now === 0 ? isTimeless(message) : phaseOf(message, now) === 'active'))
      .map(({ id }) => id)
      .join('\n');
  // Only the names of those to be seen, so that the clock alone renders nothing.
  const names = useNowAs(of, of(0));
  const ids = new Set(names.split('\n'));
  const open = messages
    .filter(({ id }) => ids.has(id) && !away.has(id))
    .sort((a, b) => messageLooks[priorityOf(b)].weight - messageLooks[priorityOf(a)].weight);
  const shown = isWhole ? open : open.slice(0, max);
  const more = open.length - shown.length;
  const seenIds = shown.map(({ id }) => id).join('\n');
  const newest = useRef(onShow);
  useEffect(() => {
    newest.current = onShow;
  });
  useEffect(() => {
    for (const id of seenIds.split('\n')) if (id !== '') newest.current?.(id);
  }, [seenIds]);
  return (
    <div
      ref={box}
      onFocus={({ relatedTarget }) => {
        if (relatedTarget instanceof Element && !box.current?.contains(relatedTarget)) cameFrom.current = relatedTarget;
      }}
      className={root('sw-messages')}
      data-placement={placement}
      data-empty={shown.length === 0 ? '' : undefined}
    >
      <Region of={shown.filter((message) => priorityOf(message) !== 'critical')} is="polite" />
      <Region of={shown.filter((message) => priorityOf(message) === 'critical')} is="assertive" />
      {shown.map((message) => (
        <div
          key={message.id}
          className={part('message', 'sw-message')}
          data-priority={priorityOf(message)}
          data-tone={messageLooks[priorityOf(message)].tone}
        >
          <MessageIcon priority={priorityOf(message)} />
          <div className="sw-message-body">
            <p className="sw-message-title">
              <span className="sw-hidden">{messageLooks[priorityOf(message)].word}: </span>
              {message.title}
            </p>
            {message.body === undefined || message.body === '' ? null : (
              <MessageBody text={message.body} onLink={(url) => onLink?.(message.id, url)} />
            )}
            {message.link === undefined || message.link === null ? null : (
              <MessageAnchor
                url={message.link.url}
                className={part('link', 'sw-message-link')}
                onLink={(url) => onLink?.(message.id, url)}
              >
                {message.link.text}
              </MessageAnchor>
            )}
          </div>
          {message.dismissible === false ? null : (
            <button
              type="button"
              className={part('close', 'sw-icon-button')}
              aria-label={`Put away: ${message.title}`}
              data-close=""
              onClick={(event) => {
                passOn(box.current, event.currentTarget, cameFrom.current);
                if (!isLive) setAway(new Set([...away, message.id]));
                onDismiss?.(message.id);
              }}
            >
              <Glyph name="close" size={14} />
            </button>
          )}
        </div>
      ))}
      {more > 0 ? (
        <button type="button" className="sw-text-button sw-message-more" onClick={() => setIsWhole(true)}>
          {more === 1 ? 'One more message' : `${more} more messages`}
        </button>
      ) : null}
    </div>
  );
}

/** Said to screen readers apart from what is seen: the titles, so that links and buttons are not read out. */
function Region({ of, is }: { readonly of: readonly ShownMessage[]; readonly is: 'assertive' | 'polite' }): ReactNode {
  return (
    <div className="sw-hidden" role={is === 'polite' ? 'status' : 'alert'} aria-live={is} aria-atomic="false">
      {of.map((message) => (
        <p key={message.id}>{`${messageLooks[priorityOf(message)].word}: ${message.title}`}</p>
      ))}
    </div>
  );
}

/** The message goes and its button with it: the focus, if it is there, goes to the next one, or where it came from. */
function passOn(box: HTMLElement | null, button: HTMLElement, cameFrom: Element | null): void {
  if (box === null || document.activeElement !== button) return;
  const all = [...box.querySelectorAll<HTMLElement>('[data-close]')];
  const at = all.indexOf(button);
  const next = all[at + 1] ?? all[at - 1] ?? cameFrom;
  if (next instanceof HTMLElement && next.isConnected) next.focus();
}

const NONE: ReadonlySet<string> = new Set();
// Writers see all messages there ever were; a banner needs those of now.
const ACTIVE = ['eq', 'state', 'active'] as const;

/** Before the time is known, as on a server, only what holds at every time is shown. */
function isTimeless({ state, startsAt = null, endsAt = null }: ShownMessage): boolean {
  return (state === undefined || state === 'active') && startsAt === null && endsAt === null;
}

/** Information has a shape of its own: it is no status. */
export function MessageIcon({ priority }: { readonly priority: MessagePriority }): ReactNode {
  return priority === 'info' || priority === 'notice' ? (
    <span className="sw-icon" data-tone={messageLooks[priority].tone}>
      <Glyph name="info" size={16} />
    </span>
  ) : (
    <StatusIcon tone={messageLooks[priority].tone} size={16} />
  );
}
