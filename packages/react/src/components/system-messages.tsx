import { messageFieldSchemas, MESSAGE_PRIORITIES, type MessagePriority, type MessageState } from '@statewire/model';
import { useId, useState, type ReactNode } from 'react';
import type { CommandResult } from '@statewire/client';
import { messageLooks } from '@statewire/client/look';
import { useNowAs } from '../use-now.ts';
import { useSystemMessages } from '../use-system-messages.ts';
import { Glyph } from './glyph.tsx';
import { MessageBody } from './message-body.tsx';
import { RelativeTime } from './relative-time.tsx';
import { styler, type Styled } from './styled.ts';
import { MessageIcon } from './system-message-banner.tsx';
import { phaseOf, priorityOf, type MessageDraft, type ShownMessage } from './system-message.ts';

type ManagerPart = 'button' | 'field' | 'form' | 'item';

interface ManagerShown extends Styled<ManagerPart> {
  readonly messages: readonly ShownMessage[];
  /** Makes one. Without it there is no form. */
  readonly onCreate?: ((draft: MessageDraft) => void) | undefined;
  /** Ends one now; the record stays. */
  readonly onEnd?: ((id: string) => void) | undefined;
  /** Shows a draft, and one that is over once more. */
  readonly onPublish?: ((id: string) => void) | undefined;
  readonly onReactivate?: ((id: string) => void) | undefined;
  readonly onDelete?: ((id: string) => void) | undefined;
  readonly isStale?: boolean | undefined;
  readonly error?: string | undefined;
}

interface ManagerLive extends Styled<ManagerPart> {
  readonly messages?: undefined;
  /** Writes for this customer, and lists what is for them and for everybody. Default: for everybody, all. */
  readonly client?: string | undefined;
}

/** Messages given, or those of the server, watched. */
export type SystemMessageManagerProps = ManagerLive | ManagerShown;

/**
 * Messages to readers, for those who write them: how many are to be seen, which are planned and over, and a form that
 * says what is wrong while it is written. Without `messages` it works on those of the server.
 */
export function SystemMessageManager(props: SystemMessageManagerProps): ReactNode {
  return props.messages === undefined ? <Live {...props} /> : <Shown {...props} />;
}

function Live({ client, ...rest }: ManagerLive): ReactNode {
  const live = useSystemMessages({ client });
  const { data, status, error, create, withdraw, publish, reactivate, remove } = live;
  const [failed, setFailed] = useState<string | undefined>();
  const run = (command: Promise<CommandResult>): void => {
    setFailed(undefined);
    void command.then((result) => setFailed(result.ok ? undefined : result.message));
  };
  const whom = client === undefined ? {} : ({ audience: 'customers', customers: [client] } as const);
  return (
    <Shown
      {...rest}
      messages={data}
      isStale={status === 'stale' || status === 'offline'}
      error={failed ?? (status === 'denied' ? error?.message : undefined)}
      onCreate={(draft) => run(create({ ...draft, ...whom, publish: true }))}
      onEnd={(id) => run(withdraw(id))}
      onPublish={(id) => run(publish(id))}
      onReactivate={(id) => run(reactivate(id))}
      onDelete={(id) => run(remove(id))}
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
  const count = (phase: MessageState): number =>
    listed.filter((each) => (each.phase === 'withdrawn' ? 'expired' : each.phase) === phase).length;
  return (
    <section className={root('sw-manager')} aria-label="System messages" data-stale={isStale ? '' : undefined}>
      <dl className="sw-stats">
        {COUNTED.map((phase) => (
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

function Item(props: ManagerShown & { readonly message: ShownMessage; readonly phase: MessageState }): ReactNode {
  const { message, phase, onEnd, onPublish, onReactivate, onDelete } = props;
  const { part } = styler(props);
  return (
    <li
      className={part('item', 'sw-manager-item')}
      data-phase={phase}
      data-tone={messageLooks[priorityOf(message)].tone}
    >
      <MessageIcon priority={priorityOf(message)} />
      <div className="sw-news-body">
        <p className="sw-manager-title">{message.title}</p>
        {message.body === undefined || message.body === '' ? null : <MessageBody text={message.body} />}
        <p className="sw-news-facts">
          <span>{messageLooks[priorityOf(message)].word}</span>
          <When message={message} phase={phase} />
          {message.shown === undefined ? null : (
            <span>{`shown to ${message.shown}, put away by ${message.dismissed ?? 0}, followed by ${message.clicked ?? 0}`}</span>
          )}
        </p>
      </div>
      <div className="sw-news-actions">
        {onEnd === undefined || (phase !== 'active' && phase !== 'scheduled') ? null : (
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
        {onPublish === undefined || phase !== 'draft' ? null : (
          <button
            type="button"
            className={part('button', 'sw-button')}
            data-size="small"
            aria-label={`Publish: ${message.title}`}
            onClick={() => onPublish(message.id)}
          >
            Publish
          </button>
        )}
        {onReactivate === undefined || !isOver(phase) ? null : (
          <button
            type="button"
            className={part('button', 'sw-button')}
            data-size="small"
            aria-label={`Show again: ${message.title}`}
            onClick={() => onReactivate(message.id)}
          >
            Show again
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

function When({ message, phase }: { readonly message: ShownMessage; readonly phase: MessageState }): ReactNode {
  const { startsAt = null, endsAt = null } = message;
  if (phase === 'draft') return <span>draft</span>;
  if (phase === 'withdrawn') return <span>taken back</span>;
  if (phase === 'active' && endsAt === null) return <span>until you end it</span>;
  const [word, at] = phase === 'scheduled' ? ['begins', startsAt] : [phase === 'active' ? 'ends' : 'ended', endsAt];
  return (
    <span>
      {word} <RelativeTime at={at} />
    </span>
  );
}

function Form(props: ManagerShown & { readonly onCreate: (draft: MessageDraft) => void }): ReactNode {
  const { onCreate } = props;
  const { part } = styler(props);
  const id = useId();
  const [title, setTitle] = useState('');
  const [body, setBody] = useState('');
  const [priority, setPriority] = useState<MessagePriority>('info');
  const [hours, setHours] = useState('');
  const [isTouched, setIsTouched] = useState(false);
  const flaws = { title: flawOf('title', title), body: flawOf('body', body) };
  const shown: Partial<typeof flaws> = isTouched ? flaws : {};
  // The end is counted from when it is sent, by the clock that will end it.
  const now = useNowAs((is) => Math.floor(is / 60_000) * 60_000, 0);
  const send = (): void => {
    setIsTouched(true);
    if (flaws.title !== undefined || flaws.body !== undefined) return;
    onCreate({
      title: title.trim(),
      body,
      priority,
      endsAt: hours === '' ? null : now + Number(hours) * 3_600_000,
    });
    setTitle('');
    setBody('');
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
        value={body}
        aria-invalid={shown.body !== undefined}
        aria-describedby={`${id}xe`}
        onChange={(event) => setBody(event.currentTarget.value)}
      />
      <p id={`${id}xe`} className="sw-flaw">
        {shown.body}
      </p>
      <div className="sw-form-row">
        <label className="sw-label" htmlFor={`${id}l`}>
          Priority
        </label>
        <select
          id={`${id}l`}
          className={part('field', 'sw-field')}
          value={priority}
          onChange={(event) => setPriority(priorityOf({ priority: event.currentTarget.value }))}
        >
          {MESSAGE_PRIORITIES.map((each) => (
            <option key={each} value={each}>
              {messageLooks[each].word}
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

/** The sentence by which the server would refuse the field; undefined when it would not. */
function flawOf(field: 'body' | 'title', value: string): string | undefined {
  const read = messageFieldSchemas[field].safeParse(value);
  if (read.success) return undefined;
  return value.trim() === '' ? 'Say in a few words what it is about' : read.error.issues[0]?.message;
}

function isOver(phase: MessageState): boolean {
  return phase === 'expired' || phase === 'withdrawn';
}

const COUNTED = ['active', 'scheduled', 'expired', 'draft'] as const;
const ORDER: Readonly<Record<MessageState, number>> = { active: 0, scheduled: 1, draft: 2, expired: 3, withdrawn: 4 };
const PHASES: Readonly<Record<string, MessageState>> = {
  a: 'active',
  s: 'scheduled',
  d: 'draft',
  e: 'expired',
  w: 'withdrawn',
};
const PHASE_WORDS: Readonly<Record<(typeof COUNTED)[number], string>> = {
  active: 'To be seen',
  scheduled: 'Planned',
  expired: 'Over',
  draft: 'Drafts',
};
