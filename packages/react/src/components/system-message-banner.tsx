import type { Tone } from '@statewire/client/look';
import { useState, type ReactNode } from 'react';
import { useNowAs } from '../use-now.ts';
import { Glyph } from './glyph.tsx';
import { StatusIcon } from './status-icon.tsx';
import { styler, type Styled } from './styled.ts';
import { phaseOf, severityOf, type MessageSeverity, type ShownMessage } from './system-message.ts';

/** What `SystemMessageBanner` takes. */
export interface SystemMessageBannerProps extends Styled<'close' | 'message'> {
  readonly messages: readonly ShownMessage[];
  /** Messages to show at once, the most pressing first. Default 3. */
  readonly max?: number | undefined;
  /** Told when a reader puts one away; it stays away while this component stands. */
  readonly onDismiss?: ((id: string) => void) | undefined;
}

/** What operators say, while it holds: it comes and goes at its times by the server's clock, without a reload. */
export function SystemMessageBanner(props: SystemMessageBannerProps): ReactNode {
  const { messages, max = 3, onDismiss } = props;
  const { root, part } = styler(props);
  const [away, setAway] = useState<ReadonlySet<string>>(NONE);
  const of = (now: number): string =>
    messages
      .filter((message) => (now === 0 ? isTimeless(message) : phaseOf(message, now) === 'active'))
      .map(({ id }) => id)
      .join('\n');
  // Only the names of those to be seen, so that the clock alone renders nothing.
  const seen = useNowAs(of, of(0));
  const ids = new Set(seen.split('\n'));
  const shown = messages
    .filter(({ id }) => ids.has(id) && !away.has(id))
    .sort((a, b) => WEIGHTS[severityOf(b)] - WEIGHTS[severityOf(a)])
    .slice(0, max);
  return (
    <div className={root('sw-messages')} aria-live="polite">
      {shown.map((message) => (
        <div
          key={message.id}
          className={part('message', 'sw-message')}
          data-severity={severityOf(message)}
          data-tone={messageTones[severityOf(message)]}
        >
          <MessageIcon severity={severityOf(message)} />
          <div className="sw-message-body">
            <p className="sw-message-title">
              <span className="sw-hidden">{messageWords[severityOf(message)]}: </span>
              {message.title}
            </p>
            {message.text === '' ? null : <p className="sw-message-text">{message.text}</p>}
          </div>
          {message.isDismissible === false ? null : (
            <button
              type="button"
              className={part('close', 'sw-icon-button')}
              aria-label={`Put away: ${message.title}`}
              onClick={() => {
                setAway(new Set([...away, message.id]));
                onDismiss?.(message.id);
              }}
            >
              <Glyph name="close" size={14} />
            </button>
          )}
        </div>
      ))}
    </div>
  );
}

const NONE: ReadonlySet<string> = new Set();
const WEIGHTS: Readonly<Record<MessageSeverity, number>> = { info: 0, success: 0, warning: 1, critical: 2 };

/** Before the time is known, as on a server, only what holds at every time is shown. */
function isTimeless({ startsAt, expiresAt }: ShownMessage): boolean {
  return (startsAt ?? null) === null && expiresAt === null;
}

/** Information has a shape of its own: it is no status. */
export function MessageIcon({ severity }: { readonly severity: MessageSeverity }): ReactNode {
  return severity === 'info' ? (
    <span className="sw-icon" data-tone="maintenance">
      <Glyph name="info" size={16} />
    </span>
  ) : (
    <StatusIcon tone={messageTones[severity]} size={16} />
  );
}

/** How each severity looks, and what it is called. */
export const messageTones: Readonly<Record<MessageSeverity, Tone>> = {
  info: 'maintenance',
  success: 'up',
  warning: 'degraded',
  critical: 'down',
};
export const messageWords: Readonly<Record<MessageSeverity, string>> = {
  info: 'Information',
  success: 'Good news',
  warning: 'Warning',
  critical: 'Critical',
};
