import { agentTransition, type Agent, type AgentOrder } from '@statewire/model';
import { Archive, CirclePause, CirclePlay, type LucideIcon, MessageSquare, Wrench } from 'lucide-react';
import type { JsonObject } from '@statewire/protocol';
import { type ReactNode, useState } from 'react';
import { duration, plural, sentence } from '../../lib/format.ts';
import { serverNow } from '../../lib/ticker.ts';
import { orderAgents } from '../../live/command.ts';
import { Button } from '../../parts/button.tsx';
import { type ChosenAction, ChosenActions } from '../../parts/chosen-actions.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field, Input, TextArea } from '../../parts/field.tsx';
import { InstantField } from '../../parts/instant-field.tsx';

/** How an order looks wherever it is offered. */
export const orderLooks: Readonly<Record<AgentOrder, { readonly title: string; readonly icon: LucideIcon }>> = {
  pause: { title: 'Pause', icon: CirclePause },
  resume: { title: 'Resume', icon: CirclePlay },
  maintenance: { title: 'Maintenance', icon: Wrench },
  message: { title: 'Message', icon: MessageSquare },
  retire: { title: 'Retire', icon: Archive },
};

/** Those of the agents that may be ordered this now. */
export function orderable(agents: readonly Agent[], order: AgentOrder): readonly Agent[] {
  return agents.filter((agent) => agentTransition(agent, order).to !== null);
}

interface Props {
  readonly agents: readonly Agent[];
  /** Leaves out resume where there is a pause, so that one agent has one of them. */
  readonly isOne?: boolean;
  /** How several are ordered; by themselves each is told in turn. */
  readonly onOrder?: OrderThem | undefined;
  /** What else can be done to several. */
  readonly more?: readonly ChosenAction[];
}

/** Gives agents an order. */
type OrderThem = (agents: readonly Agent[], order: AgentOrder, args?: JsonObject) => void;

const each: OrderThem = (agents, order, args) => void orderAgents(agents, order, args);

/** The orders that one or several agents may be given, each for those whom it means; for several the palette has them too. */
export function OrderButtons({ agents, isOne = false, onOrder = each, more = [] }: Props): ReactNode {
  const [asking, setAsking] = useState<'maintenance' | 'message' | 'retire' | null>(null);
  const orders = ORDERS.map((order) => {
    const means = orderable(agents, order);
    const why = isOne && agents[0] !== undefined ? (agentTransition(agents[0], order).why ?? '') : 'None of them can';
    return {
      order,
      label: orderLooks[order].title,
      icon: orderLooks[order].icon,
      isOff: means.length === 0,
      title: means.length === 0 ? sentence(why) : undefined,
      run: () => (order === 'pause' || order === 'resume' ? onOrder(means, order) : setAsking(order)),
    };
  });
  const asked = (means: readonly Agent[]): Asking => ({ agents: means, onOrder, onClose: () => setAsking(null) });
  return (
    <>
      {isOne ? (
        orders
          .filter(({ order, isOff }) => !isOff || (order !== 'pause' && order !== 'resume'))
          .map(({ order, label, icon: Icon, isOff, title, run }) => (
            <Button key={order} disabled={isOff} title={title} onClick={run}>
              <Icon aria-hidden /> <span>{label}</span>
            </Button>
          ))
      ) : (
        <ChosenActions noun={plural(agents.length, 'agent')} actions={[...orders, ...more]} />
      )}
      {asking === 'maintenance' && <MaintenanceDialog {...asked(orderable(agents, 'maintenance'))} />}
      {asking === 'message' && <MessageDialog {...asked(orderable(agents, 'message'))} />}
      {asking === 'retire' && <RetireDialog {...asked(orderable(agents, 'retire'))} />}
    </>
  );
}

const ORDERS: readonly AgentOrder[] = ['pause', 'resume', 'maintenance', 'message', 'retire'];

interface Asking {
  readonly agents: readonly Agent[];
  readonly onOrder: OrderThem;
  readonly onClose: () => void;
}

const HOUR_MS = 3_600_000;

function MaintenanceDialog({ agents, onOrder, onClose }: Asking): ReactNode {
  const [until, setUntil] = useState<number | null>(() => Math.ceil(serverNow() / 60_000) * 60_000 + HOUR_MS);
  const [text, setText] = useState('');
  const now = serverNow();
  const flaw = until === null ? 'Choose an end' : until <= now ? 'Choose a time ahead' : undefined;
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Maintenance of ${nameOf(agents)}`}
      note="It shows maintenance until then, is told of it, and nobody is paged."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            tone="primary"
            disabled={flaw !== undefined}
            onClick={() => {
              onClose();
              onOrder(agents, 'maintenance', { until: until ?? now, ...(text === '' ? {} : { text }) });
            }}
          >
            Begin
          </Button>
        </>
      }
    >
      <div className="mb-3 flex flex-wrap gap-2">
        {[0.5, 1, 4, 24].map((hours) => (
          <Button
            key={hours}
            size="small"
            onClick={() => setUntil(Math.ceil(serverNow() / 60_000) * 60_000 + hours * HOUR_MS)}
          >
            {duration(hours * HOUR_MS)}
          </Button>
        ))}
      </div>
      <InstantField label="Until" value={until} onChange={setUntil} error={flaw} />
      <Field label="Why" hint="The agent reads it too.">
        {(ids) => (
          <Input {...ids} maxLength={2_000} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        )}
      </Field>
    </Dialog>
  );
}

function MessageDialog({ agents, onOrder, onClose }: Asking): ReactNode {
  const [text, setText] = useState('');
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Message to ${nameOf(agents)}`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            tone="primary"
            disabled={text.trim() === ''}
            onClick={() => {
              onClose();
              onOrder(agents, 'message', { text: text.trim() });
            }}
          >
            Send
          </Button>
        </>
      }
    >
      <Field label="Message" hint={`${text.length} of 2000 characters`}>
        {(ids) => (
          <TextArea
            {...ids}
            rows={4}
            maxLength={2_000}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
      </Field>
    </Dialog>
  );
}

function RetireDialog({ agents, onOrder, onClose }: Asking): ReactNode {
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Retire ${nameOf(agents)}?`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            tone="danger"
            onClick={() => {
              onClose();
              onOrder(agents, 'retire');
            }}
          >
            Retire
          </Button>
        </>
      }
    >
      <p>
        It is watched no more, and instructions that wait for it expire. The record and its past stay; Resume brings it
        back.
      </p>
    </Dialog>
  );
}

function nameOf(agents: readonly Agent[]): string {
  return agents.length === 1 ? (agents[0]?.name ?? '') : plural(agents.length, 'agent');
}
