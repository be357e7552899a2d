// oxlint-disable jsx-a11y/prefer-tag-over-role -- a fieldset cannot be laid out like a group of buttons everywhere.
import type { Client, CommandResult } from '@statewire/client';
import type { Agent } from '@statewire/model';
import { useState, type ReactNode } from 'react';
import { useCommand } from '../use-command.ts';
import { useRecord } from '../use-record.ts';
import { agentActions, type AgentAction, type AgentActionName } from './agent-actions.ts';
import { Glyph } from './glyph.tsx';
import { RelativeTime } from './relative-time.tsx';
import { StatusBadge } from './status-badge.tsx';
import { styler, type Styled } from './styled.ts';

type ControlPart = 'actions' | 'button' | 'error' | 'name';

/** What is shown of an agent. */
export type ShownAgent = Pick<Agent, 'desired' | 'id' | 'name' | 'override' | 'overlay' | 'since' | 'status'> &
  Partial<Pick<Agent, 'activity' | 'reason'>>;

interface ControlShown extends Styled<ControlPart> {
  readonly agent: ShownAgent;
  /** Does what was chosen. Without it there are no buttons. */
  readonly onAction?: ((name: AgentActionName) => void) | undefined;
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
}

/** An agent by `id`, watched, or one given with what to call. */
export type AgentStatusControlProps = ControlLive | ControlShown;

/**
 * An agent's status and what can be done about it: only transitions that its present state allows. With `id` it watches
 * the agent; what is chosen shows at once, and is taken back with the server's reason when that says no.
 */
export function AgentStatusControl(props: AgentStatusControlProps): ReactNode {
  return 'id' in props ? <Live {...props} /> : <Shown {...props} />;
}

function Live({ id, muteMs = 3_600_000, ...rest }: ControlLive): ReactNode {
  const { data, status, error } = useRecord('agents', id);
  const command = useCommand((sw, agent: Agent, name: AgentActionName) => run(sw, agent, name, muteMs));
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
      onAction={(name) => void command.run(data, name)}
    />
  );
}

function Shown(props: ControlShown): ReactNode {
  const { agent, onAction, isPending = false, isStale = false, error } = props;
  const { root, part } = styler(props);
  const [asked, setAsked] = useState<AgentAction | null>(null);
  const choose = (action: AgentAction): void => {
    if (action.isFinal && asked?.name !== action.name) {
      setAsked(action);
      return;
    }
    setAsked(null);
    onAction?.(action.name);
  };
  const { override } = agent;
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
      <p className={part('error', 'sw-error')} role="alert" hidden={error === undefined}>
        {error}
      </p>
    </div>
  );
}

/** Whether it is wanted is changed as a field, shown at once and refused if it is another by now; the rest are commands. */
function run(sw: Client, agent: Agent, name: AgentActionName, muteMs: number): Promise<CommandResult> {
  const { id, version } = agent;
  switch (name) {
    case 'pause':
      return sw.agents.patch(id, { desired: 'paused' }, { base: version, optimistic: true });
    case 'resume':
      return sw.agents.patch(id, { desired: 'active' }, { base: version, optimistic: true });
    case 'retire':
      return sw.agents.patch(id, { desired: 'retired' }, { base: version, optimistic: true });
    case 'mute':
      return sw.agents.call(id, 'mute', { until: Math.round(sw.serverNow()) + muteMs });
    default:
      return sw.agents.call(id, name);
  }
}
