import { useId, useState, type ReactNode } from 'react';
import { useCommand } from '../use-command.ts';
import { useNowAs } from '../use-now.ts';
import { useSystemMessages } from '../use-system-messages.ts';
import { Glyph } from './glyph.tsx';
import { RelativeTime } from './relative-time.tsx';
import { styler, type Styled } from './styled.ts';
import { MessageIcon, messageTones, messageWords } from './system-message-banner.tsx';
import {
  draftFlaws,
  phaseOf,
  severityOf,
  type MessageDraft,
  type MessagePhase,
  type MessageSeverity,
  type ShownMessage,
} from './system-message.ts';

type ManagerPart = 'button' | 'field' | 'form' | 'item';

interface ManagerShown extends Styled<ManagerPart> {
  readonly messages: readonly ShownMessage[];
  /** Makes one. Without it there is no form. */
  readonly onCreate?: ((draft: MessageDraft) => void) | undefined;
  /** Ends one now; the record stays. */
  readonly onEnd?: ((id: string) => void) | undefined;
  readonly onDelete?: ((id: string) => void) | undefined;
  readonly isStale?: boolean | undefined;
  readonly error?: string | undefined;
}

interface ManagerLive extends Styled<ManagerPart> {
  /** A collection of such records, of your own; mostly `messages`. */
  readonly collection: string;
  /** Writes for this customer, and lists what is for them and for everybody. Default: for everybody, all. */
  readonly client?: string | undefined;
}

/** Messages given, or those of a collection, watched. */
export type SystemMessageManagerProps = ManagerLive | ManagerShown;

/**
 * Messages to readers, for those who write them: how many are to be seen, which are planned and over, and a form that
 * says what is wrong while it is written. With `collection` it works on live records.
 */
export function SystemMessageManager(props: SystemMessageManagerProps): ReactNode {
  return 'collection' in props ? <Live {...props} /> : <Shown {...props} />;
}

function Live({ collection, client, ...rest }: ManagerLive): ReactNode {
  const { data, status, error } = useSystemMessages({ collection, client });
  const create = useCommand((sw, draft: MessageDraft) =>
    sw.collection(collection).create({ ...draft, client: client ?? null }),
  );
  const end = useCommand((sw, id: string) =>
    sw.collection(collection).patch(id, { expiresAt: Math.round(sw.serverNow()) }, { optimistic: true }),
  );
  const remove = useCommand((sw, id: string) => sw.collection(collection).delete(id));
  const failed = create.error ?? end.error ?? remove.error ?? (status === 'denied' ? error : null);
  return (
    <Shown
      {...rest}
      messages={data}
      isStale={status === 'stale' || status === 'offline'}
      error={failed?.message}
      onCreate={(draft) => void create.run(draft)}
      onEnd={(id) => void end.run(id)}
      onDelete={(id) => void remove.run(id)}
    />
  );
}

function Shown(props: ManagerShown): ReactNode {
  const { messages, onCreate, isStale = false, error } = props;
  const { root } = styler(props);
  // A letter for each message: renders only when one begins or ends.
  const phases = useNowAs((now) => messages.map((message) => phaseOf(message, now).charAt(0)).join(''), '');
  const listed = messages
    .map((message, i) => ({ message, phase: PHASES[phases.charAt(i)] ?? phaseOf(message, 0) }))
    .sort((a, b) => ORDER[a.phase] - ORDER[b.phase]);
  const count = (phase: MessagePhase): number => listed.filter((each) => each.phase === phase).length;
  return (
    <section className={root('sw-manager')} aria-label="System messages" data-stale={isStale ? '' : undefined}>
      <dl className="sw-stats">
        {(['active', 'scheduled', 'expired'] as const).map((phase) => (
          <div key={phase} data-phase={phase}>
            <dt>{PHASE_WORDS[phase]}</dt>
            <dd>{count(phase)}</dd>
          </div>
        ))}
      </dl>
      <p className="sw-error" role="alert" hidden={error === undefined}>
        {error}
      </p>
      {onCreate === undefined ? null : <Form {...props} onCreate={onCreate} />}
      {listed.length === 0 ? (
        <div className="sw-empty">
          <Glyph name="info" size={22} />
          <p className="sw-empty-title">No messages</p>
          <p>What you write here is seen by everybody at once, until it ends.</p>
        </div>
      ) : (
        <ul className="sw-news">
          {listed.map(({ message, phase }) => (
            <Item key={message.id} {...props} message={message} phase={phase} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Item(props: ManagerShown & { readonly message: ShownMessage; readonly phase: MessagePhase }): ReactNode {
  const { message, phase, onEnd, onDelete } = props;
  const { part } = styler(props);
  return (
    <li className={part('item', 'sw-manager-item')} data-phase={phase} data-tone={messageTones[severityOf(message)]}>
      <MessageIcon severity={severityOf(message)} />
      <div className="sw-news-body">
        <p className="sw-manager-title">{message.title}</p>
        {message.text === '' ? null : <p className="sw-news-text">{message.text}</p>}
        <p className="sw-news-facts">
          <span>{messageWords[severityOf(message)]}</span>
          <When message={message} phase={phase} />
        </p>
      </div>
      <div className="sw-news-actions">
        {onEnd === undefined || phase !== 'active' ? null : (
          <button
            type="button"
            className={part('button', 'sw-button')}
            data-size="small"
            aria-label={`End now: ${message.title}`}
            onClick={() => onEnd(message.id)}
          >
            End now
          </button>
        )}
        {onDelete === undefined ? null : (
          <button
            type="button"
            className={part('button', 'sw-icon-button')}
            aria-label={`Delete: ${message.title}`}
            title="Delete"
            onClick={() => onDelete(message.id)}
          >
            <Glyph name="trash" size={15} />
          </button>
        )}
      </div>
    </li>
  );
}

function When({ message, phase }: { readonly message: ShownMessage; readonly phase: MessagePhase }): ReactNode {
  if (phase === 'scheduled')
    return (
      <span>
        begins <RelativeTime at={message.startsAt ?? null} />
      </span>
    );
  if (phase === 'expired')
    return (
      <span>
        ended <RelativeTime at={message.expiresAt} />
      </span>
    );
  return message.expiresAt === null ? (
    <span>until you end it</span>
  ) : (
    <span>
      ends <RelativeTime at={message.expiresAt} />
    </span>
  );
}

function Form(props: ManagerShown & { readonly onCreate: (draft: MessageDraft) => void }): ReactNode {
  const { onCreate } = props;
  const { part } = styler(props);
  const id = useId();
  const [title, setTitle] = useState('');
  const [text, setText] = useState('');
  const [severity, setSeverity] = useState<MessageSeverity>('info');
  const [hours, setHours] = useState('');
  const [isTouched, setIsTouched] = useState(false);
  const flaws = draftFlaws({ title, text });
  const shown = isTouched ? flaws : {};
  // The end is counted from when it is sent, by the clock that will end it.
  const now = useNowAs((is) => Math.floor(is / 60_000) * 60_000, 0);
  const send = (): void => {
    setIsTouched(true);
    if (Object.keys(flaws).length > 0) return;
    onCreate({
      title: title.trim(),
      text,
      severity,
      expiresAt: hours === '' ? null : now + Number(hours) * 3_600_000,
    });
    setTitle('');
    setText('');
    setIsTouched(false);
  };
  return (
    <form
      className={part('form', 'sw-form')}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label className="sw-label" htmlFor={`${id}t`}>
        Title
      </label>
      <input
        id={`${id}t`}
        className={part('field', 'sw-field')}
        value={title}
        aria-invalid={shown.title !== undefined}
        aria-describedby={`${id}te`}
        onChange={(event) => {
          setTitle(event.currentTarget.value);
          setIsTouched(true);
        }}
      />
      <p id={`${id}te`} className="sw-flaw">
        {shown.title}
      </p>
      <label className="sw-label" htmlFor={`${id}x`}>
        Text
      </label>
      <textarea
        id={`${id}x`}
        className={part('field', 'sw-field')}
        rows={2}
        value={text}
        aria-invalid={shown.text !== undefined}
        aria-describedby={`${id}xe`}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <p id={`${id}xe`} className="sw-flaw">
        {shown.text}
      </p>
      <div className="sw-form-row">
        <label className="sw-label" htmlFor={`${id}l`}>
          Severity
        </label>
        <select
          id={`${id}l`}
          className={part('field', 'sw-field')}
          value={severity}
          onChange={(event) => setSeverity(severityOf({ severity: event.currentTarget.value }))}
        >
          {SEVERITIES.map((each) => (
            <option key={each} value={each}>
              {messageWords[each]}
            </option>
          ))}
        </select>
        <label className="sw-label" htmlFor={`${id}h`}>
          Ends
        </label>
        <select
          id={`${id}h`}
          className={part('field', 'sw-field')}
          value={hours}
          onChange={(event) => setHours(event.currentTarget.value)}
        >
          <option value="">when I end it</option>
          <option value="1">in 1 h</option>
          <option value="8">in 8 h</option>
          <option value="24">in 1 day</option>
          <option value="168">in 7 days</option>
        </select>
        <button type="submit" className={part('button', 'sw-button')} data-kind="main">
          <Glyph name="plus" size={14} />
          Say it
        </button>
      </div>
    </form>
  );
}

const SEVERITIES: readonly MessageSeverity[] = ['info', 'success', 'warning', 'critical'];
const ORDER: Readonly<Record<MessagePhase, number>> = { active: 0, scheduled: 1, expired: 2 };
const PHASES: Readonly<Record<string, MessagePhase>> = { a: 'active', s: 'scheduled', e: 'expired' };
const PHASE_WORDS: Readonly<Record<MessagePhase, string>> = {
  active: 'To be seen',
  scheduled: 'Planned',
  expired: 'Over',
};
