// oxlint-disable jsx-a11y/prefer-tag-over-role -- a live region is not what <output> means for a list of news.
import type { Priority } from '@statewire/model';
import type { Tone } from '@statewire/client/look';
import { useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from 'react';
import { useNowAs } from '../use-now.ts';
import { Glyph } from './glyph.tsx';
import { StatusIcon } from './status-icon.tsx';
import { styler, type Styled } from './styled.ts';
import type { Toast, Toasts } from './toasts.ts';
import { usePresenter } from './use-presenter.ts';

/** What `Toaster` takes. */
export interface ToasterProps extends Styled<'action' | 'close' | 'toast'> {
  readonly toasts: Toasts;
  /** How many are seen at once; the rest wait. Default 4. */
  readonly max?: number | undefined;
  /** Default `bottom-end`. */
  readonly placement?: 'bottom-end' | 'bottom-start' | 'top-end' | 'top-start' | undefined;
  /** `presenter`: of several open tabs only the one that is looked at shows them. `all`: each does. Default `presenter`. */
  readonly tabs?: 'all' | 'presenter' | undefined;
  /** Name of the region. Default `Notifications`. */
  readonly label?: string | undefined;
}

/**
 * Where toasts appear, above the page and moving nothing in it. The most pressing stand first. While the pointer or the
 * focus is on them, or the tab is not looked at, none goes away.
 */
export function Toaster(props: ToasterProps): ReactNode {
  const { toasts, max = 4, placement = 'bottom-end', tabs = 'presenter', label = 'Notifications' } = props;
  const { root } = styler(props);
  const all = useSyncExternalStore(toasts.subscribe, toasts.get, none);
  const isPresenter = usePresenter(tabs === 'presenter');
  const [held, setHeld] = useState(0);
  const isShown = tabs === 'all' || isPresenter;
  const shown = isShown ? all.slice(0, max) : NONE;
  const waiting = isShown ? all.length - shown.length : 0;
  const hold = (): void => setHeld((n) => n | 1);
  return (
    <div
      className={root('sw-toaster')}
      data-placement={placement}
      onPointerEnter={hold}
      onPointerLeave={() => setHeld((n) => n & ~1)}
      onFocus={() => setHeld((n) => n | 2)}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setHeld((n) => n & ~2);
      }}
      onKeyDown={(event) => {
        const [first] = shown;
        if (event.key === 'Escape' && first !== undefined) toasts.dismiss(first.id);
      }}
      role="presentation"
    >
      <Region of={shown.filter(({ priority }) => !isPressing(priority))} is="polite" />
      <Region of={shown.filter(({ priority }) => isPressing(priority))} is="assertive" />
      <ol className="sw-toast-list" aria-label={label} hidden={shown.length === 0}>
        {shown.map((toast) => (
          <Item key={toast.key ?? toast.id} toast={toast} toasts={toasts} isHeld={held > 0} styled={props} />
        ))}
      </ol>
      {waiting > 0 ? <p className="sw-toast-more">and {waiting} more</p> : null}
    </div>
  );
}

/** Said to screen readers apart from what is seen, so that buttons and close signs are not read out. */
function Region({ of, is }: { readonly of: readonly Toast[]; readonly is: 'assertive' | 'polite' }): ReactNode {
  return (
    <div
      className="sw-hidden"
      style={HIDDEN}
      aria-live={is}
      aria-atomic="false"
      role={is === 'polite' ? 'status' : 'alert'}
    >
      {of.map((toast) => (
        <p key={toast.id}>
          {toast.text === undefined || toast.text === '' ? toast.title : `${toast.title}. ${toast.text}`}
        </p>
      ))}
    </div>
  );
}

function Item({
  toast,
  toasts,
  isHeld,
  styled,
}: {
  readonly toast: Toast;
  readonly toasts: Toasts;
  readonly isHeld: boolean;
  readonly styled: Styled<'action' | 'close' | 'toast'>;
}): ReactNode {
  const { part } = styler(styled);
  const { id, title, text, priority, tone = priority === 'urgent' ? 'down' : 'quiet', action, count } = toast;
  useLeaving(toast, isHeld, () => toasts.dismiss(id));
  return (
    <li className={part('toast', 'sw-toast')} data-priority={priority} data-tone={tone}>
      {tone === 'quiet' ? <Glyph name="bell" size={16} /> : <StatusIcon tone={ICONS[tone]} size={16} />}
      <div className="sw-toast-body">
        <p className="sw-toast-title">
          {title}
          {count > 1 ? <span className="sw-note"> × {count}</span> : null}
        </p>
        {text === undefined || text === '' ? null : <p className="sw-toast-text">{text}</p>}
      </div>
      {action === undefined ? null : (
        <button
          type="button"
          className={part('action', 'sw-button')}
          data-size="small"
          onClick={() => {
            action.run();
            toasts.dismiss(id);
          }}
        >
          {action.label}
        </button>
      )}
      <button
        type="button"
        className={part('close', 'sw-icon-button')}
        aria-label={`Dismiss: ${title}`}
        onClick={() => toasts.dismiss(id)}
      >
        <Glyph name="close" size={14} />
      </button>
    </li>
  );
}

/** Counts the time a toast was really to be seen, in steps of a quarter second, and then calls `leave`. */
function useLeaving({ id, forMs }: Toast, isHeld: boolean, leave: () => void): void {
  const clock = useRef({ id, last: 0, seenMs: 0 });
  const newest = useRef(leave);
  useEffect(() => {
    newest.current = leave;
  });
  const now = useNowAs((is) => is, 0, STEP_MS);
  useEffect(() => {
    const is = clock.current;
    // Said again under its key: it starts anew.
    if (is.id !== id) {
      is.id = id;
      is.seenMs = 0;
      is.last = now;
      return;
    }
    const stepMs = is.last === 0 ? 0 : Math.max(0, now - is.last);
    is.last = now;
    if (isHeld || document.visibilityState === 'hidden') return;
    // A laptop that slept has shown nothing to anybody.
    is.seenMs += Math.min(stepMs, 4 * STEP_MS);
    if (forMs !== null && is.seenMs >= forMs) newest.current();
  }, [now, id, forMs, isHeld]);
}

const STEP_MS = 250;
const NONE: readonly Toast[] = [];
const ICONS: Readonly<Record<'degraded' | 'down' | 'up', Tone>> = { degraded: 'degraded', down: 'down', up: 'up' };
const HIDDEN = { position: 'absolute', width: 1, height: 1, overflow: 'hidden', clipPath: 'inset(50%)' } as const;

function none(): readonly Toast[] {
  return NONE;
}

function isPressing(priority: Priority): boolean {
  return priority === 'high' || priority === 'urgent';
}
