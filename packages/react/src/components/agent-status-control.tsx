// oxlint-disable jsx-a11y/prefer-tag-over-role -- a fieldset cannot be laid out like a group of buttons everywhere.
import type { Client, CommandResult } from '@statewire/client';
import type { Agent } from '@statewire/model';
import { useState, type ReactNode, type SubmitEvent } from 'react';
import { useCommand } from '../use-command.ts';
import { useRecord } from '../use-record.ts';
import { agentActions, type AgentAction, type AgentActionName } from './agent-actions.ts';
import { askedWords, type AskedWords } from './asked.ts';
import { Glyph } from './glyph.tsx';
import { RelativeTime } from './relative-time.tsx';
import { StatusBadge } from './status-badge.tsx';
import { styler, type Styled } from './styled.ts';

type ControlPart = 'actions' | 'asked' | 'button' | 'error' | 'message' | 'name';

/** What is shown of an agent. */
export type ShownAgent = Pick<Agent, 'desired' | 'id' | 'name' | 'override' | 'overlay' | 'since' | 'status'> &
  Partial<Pick<Agent, 'activity' | 'asked' | 'fresh' | 'phase' | 'reason'>>;

interface ControlShown extends Styled<ControlPart> {
  readonly agent: ShownAgent;
  /** Does what was chosen; `text` is the message, with `message`. Without it there are no buttons. */
  readonly onAction?: ((name: AgentActionName, text: string) => void) | undefined;
  readonly isPending?: boolean | undefined;
  readonly isStale?: boolean | undefined;
  /** What went wrong with the last action, and what to do. */
  readonly error?: string | undefined;
}

interface ControlLive extends Styled<ControlPart> {
  /** Id of the agent. */
  readonly id: string;
  /** How long Mute mutes, ms. Default one hour. */
  readonly muteMs?: number | undefined;
  /** How long Maintenance lasts, ms. Default one hour. */
  readonly maintenanceMs?: number | undefined;
}

/** An agent by `id`, watched, or one given with what to call. */
export type AgentStatusControlProps = ControlLive | ControlShown;

/**
 * An agent's status and what can be done about it: only transitions that its present state allows, and how far the newest
 * order is. With `id` it watches the agent; what is chosen shows at once, and is taken back with the server's reason when that
 * says no.
 */
export function AgentStatusControl(props: AgentStatusControlProps): ReactNode {
  return 'id' in props ? <Live {...props} /> : <Shown {...props} />;
}

function Live({ id, muteMs = 3_600_000, maintenanceMs = 3_600_000, ...rest }: ControlLive): ReactNode {
  const { data, status, error } = useRecord('agents', id);
  const command = useCommand((sw, agent: Agent, chosen: Chosen) => run(sw, agent, chosen));
  if (data === null) {
    return (
      <div className={styler(rest).root('sw-card sw-control')} data-live={status} aria-busy={status === 'loading'}>
        <p className="sw-note">
          {status === 'loading' ? 'Loading' : status === 'denied' ? (error?.message ?? 'Not allowed') : 'No such agent'}
        </p>
      </div>
    );
  }
  const failed =
    command.conflict === null
      ? command.error?.message
      : `Somebody else changed ${command.conflict.fields.join(', ')} meanwhile. Look at what it is now, and choose again.`;
  return (
    <Shown
      {...rest}
      agent={data}
      isPending={command.isPending}
      isStale={status !== 'live'}
      error={failed}
      onAction={(name, text) => void command.run(data, { name, text, muteMs, maintenanceMs })}
    />
  );
}

function Shown(props: ControlShown): ReactNode {
  const { agent, onAction, isPending = false, isStale = false, error } = props;
  const { root, part } = styler(props);
  const [asked, setAsked] = useState<AgentAction | null>(null);
  const [isWriting, setIsWriting] = useState(false);
  const choose = (action: AgentAction): void => {
    if (action.isFinal && asked?.name !== action.name) {
      setAsked(action);
      return;
    }
    setAsked(null);
    if (action.name === 'message') setIsWriting((is) => !is);
    else onAction?.(action.name, '');
  };
  const { override } = agent;
  const order = orderOf(agent);
  return (
    <div
      className={root('sw-card sw-control')}
      data-status={agent.status}
      data-desired={agent.desired}
      data-pending={isPending ? '' : undefined}
      data-stale={isStale ? '' : undefined}
      aria-busy={isPending}
    >
      <div className="sw-control-head">
        <div className="sw-control-who">
          <p className={part('name', 'sw-control-name')}>{agent.name}</p>
          <p className="sw-control-doing">
            {agent.activity === undefined || agent.activity === '' ? (agent.reason?.text ?? '') : agent.activity}
          </p>
        </div>
        <span className="sw-control-status">
          <StatusBadge status={agent.status} variant="soft" reason={agent.reason?.text} unstyled={props.unstyled} />
          <RelativeTime at={agent.since} form="for" className={props.unstyled === true ? undefined : 'sw-note'} />
        </span>
      </div>
      {override === null ? null : (
        <p className="sw-note">
          Shown as chosen by {override.by}
          {override.reason === '' ? '' : `: ${override.reason}`}, ends <RelativeTime at={override.until} />
        </p>
      )}
      {order === null ? null : (
        <p className={part('asked', 'sw-asked')} data-asked={order.state} role="status">
          {order.text}
        </p>
      )}
      {onAction === undefined ? null : (
        <div className={part('actions', 'sw-actions')} role="group" aria-label={`Actions for ${agent.name}`}>
          {agentActions(agent).map((action) => (
            <button
              key={action.name}
              type="button"
              className={part('button', 'sw-button')}
              data-action={action.name}
              data-size="small"
              data-tone={asked?.name === action.name ? 'down' : undefined}
              // Not `disabled`: a button that cannot be reached cannot say why.
              aria-disabled={!action.isAllowed || isPending}
              aria-expanded={action.name === 'message' ? isWriting : undefined}
              title={action.isAllowed ? undefined : action.why}
              onClick={() => {
                if (action.isAllowed && !isPending) choose(action);
              }}
              onBlur={() => setAsked(null)}
            >
              <Glyph name={action.glyph} size={14} />
              {asked?.name === action.name ? `${action.label} for good?` : action.label}
            </button>
          ))}
        </div>
      )}
      {isWriting && onAction !== undefined ? (
        <Writing
          className={part('message', 'sw-ask-form')}
          button={part('button', 'sw-button')}
          name={agent.name}
          onSend={(text) => {
            setIsWriting(false);
            onAction('message', text);
          }}
        />
      ) : null}
      <p className={part('error', 'sw-error')} role="alert" hidden={error === undefined}>
        {error}
      </p>
    </div>
  );
}

function Writing(props: {
  readonly className: string | undefined;
  readonly button: string | undefined;
  readonly name: string;
  readonly onSend: (text: string) => void;
}): ReactNode {
  const [text, setText] = useState('');
  const send = (event: SubmitEvent): void => {
    event.preventDefault();
    if (text.trim() !== '') props.onSend(text.trim());
  };
  return (
    <form className={props.className} onSubmit={send}>
      <input
        className="sw-field"
        aria-label={`Message to ${props.name}`}
        maxLength={2_000}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" className={props.button} data-size="small" aria-disabled={text.trim() === ''}>
        Send
      </button>
    </form>
  );
}

/** The newest order, where the fields that tell of it are given. */
function orderOf({ asked, desired, fresh, phase }: ShownAgent): AskedWords | null {
  if (asked === undefined || fresh === undefined || phase === undefined) return null;
  return askedWords({ asked, desired, fresh, phase });
}

/** What was chosen, and what goes with it. */
interface Chosen {
  readonly name: AgentActionName;
  readonly text: string;
  readonly muteMs: number;
  readonly maintenanceMs: number;
}

/** Whether it is wanted is changed as a field, shown at once and refused if it is another by now; the rest are commands. */
function run(sw: Client, agent: Agent, chosen: Chosen): Promise<CommandResult> {
  const { id, version, overlay } = agent;
  const { name, text, muteMs, maintenanceMs } = chosen;
  const now = Math.round(sw.serverNow());
  switch (name) {
    case 'pause':
      return sw.collection('agents').patch(id, { desired: 'paused' }, { base: version, optimistic: true });
    case 'resume':
      // What ends a maintenance is no change of what is wanted.
      if (agent.desired === 'active' && overlay.maintenance !== null) return sw.collection('agents').call(id, 'resume');
      return sw.collection('agents').patch(id, { desired: 'active' }, { base: version, optimistic: true });
    case 'retire':
      return sw.collection('agents').patch(id, { desired: 'retired' }, { base: version, optimistic: true });
    case 'mute':
      return sw.collection('agents').call(id, 'mute', { until: now + muteMs });
    case 'maintenance':
      return sw.collection('agents').call(id, 'maintenance', { until: now + maintenanceMs });
    case 'message':
      return sw.collection('agents').call(id, 'message', { text });
    default:
      return sw.collection('agents').call(id, name);
  }
}
