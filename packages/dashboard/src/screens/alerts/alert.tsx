import type { Alert, Delivery } from '@statewire/model';
import { Link } from '@tanstack/react-router';
import { Check, Clock, Eye, RotateCcw } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { duration, exact, sentence, words } from '../../lib/format.ts';
import { useCan } from '../../lib/me.ts';
import { serverNow } from '../../lib/ticker.ts';
import { act, run } from '../../live/command.ts';
import { useRecordOf, useRows } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Drawer } from '../../parts/drawer.tsx';
import { Field, Input, Select } from '../../parts/field.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { Bone } from '../../parts/skeleton.tsx';
import { Ago, Lasting } from '../../parts/time.tsx';
import type { Problem } from '../../rest/request.ts';
import { lookOfAlert, severities, whySuppressed } from './look.ts';
import { snoozes } from './snooze.ts';

interface Props {
  readonly id: string;
  readonly onClose: () => void;
  readonly onOpen: (id: string) => void;
}

/** One alert: what was measured, what happened, who was told, and what to do about it. */
export function AlertDrawer({ id, onClose, onOpen }: Props): ReactNode {
  const { row, isLoading } = useRecordOf('alerts', id);
  if (row === null) {
    return (
      <Drawer onClose={onClose} title={isLoading ? 'Alert' : 'This alert is gone'}>
        {isLoading && <Bone className="h-40 w-full" />}
      </Drawer>
    );
  }
  return <Loaded alert={row} onClose={onClose} onOpen={onOpen} />;
}

function Loaded({ alert, onClose, onOpen }: { alert: Alert } & Omit<Props, 'id'>): ReactNode {
  const canWrite = useCan('alerts:ack');
  const isToldShown = useCan('deliveries:read');
  const look = lookOfAlert(alert);
  return (
    <Drawer
      onClose={onClose}
      title={alert.title}
      note={
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span
            className={cx(
              'inline-flex items-center gap-1.5 rounded-full px-2 py-0.5 text-xs font-medium',
              look.soft,
              look.ink,
            )}
          >
            <look.icon aria-hidden className="size-3.5" />
            {look.word}
          </span>
          {alert.state !== 'firing' && <span>{severities[alert.severity].word}</span>}
          <span>
            {alert.resolvedAt === null ? (
              <>
                for <Lasting since={alert.startedAt} />
              </>
            ) : (
              <>lasted {duration(alert.resolvedAt - alert.startedAt)}</>
            )}
          </span>
        </span>
      }
    >
      <div className="space-y-6">
        {alert.text !== '' && <p className="whitespace-pre-wrap">{alert.text}</p>}
        {whySuppressed(alert) !== '' && (
          <p className="rounded-control bg-quiet-soft px-3 py-2 text-sm">Nobody is told: {whySuppressed(alert)}.</p>
        )}
        {canWrite && alert.state !== 'resolved' && <Act alert={alert} />}
        <Facts alert={alert} onOpen={onOpen} />
        <Evidence evidence={alert.evidence} />
        {alert.children.length > 0 && <Behind alert={alert} onOpen={onOpen} />}
        <Events alert={alert} />
        {isToldShown && <Told alert={alert} />}
      </div>
    </Drawer>
  );
}

/** Acknowledge, snooze, assign, resolve, each with a word of why. */
function Act({ alert }: { alert: Alert }): ReactNode {
  const [note, setNote] = useState('');
  const [assignee, setAssignee] = useState(alert.assignee ?? '');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const say = async (name: string, args: Readonly<Record<string, string | number | null>>): Promise<void> => {
    setBusy(true);
    const failed = await run('alerts', alert.id, name, {
      ...args,
      ...(note.trim() === '' || name === 'assign' ? {} : { note: note.trim() }),
    });
    setBusy(false);
    setProblem(failed);
    if (failed === null) setNote('');
  };
  return (
    <section aria-label="Act" className="space-y-3 rounded-card border p-4">
      <Field label="Note" hint="Kept with the alert; those who look next read it first">
        {(ids) => (
          <Input {...ids} value={note} maxLength={500} onChange={(event) => setNote(event.currentTarget.value)} />
        )}
      </Field>
      <div className="flex flex-wrap gap-2">
        {alert.state === 'acknowledged' ? (
          <Button busy={busy} onClick={() => void act('alerts', alert.id, 'unack')}>
            <RotateCcw aria-hidden /> Take back
          </Button>
        ) : (
          <Button tone="primary" busy={busy} onClick={() => void say('ack', {})}>
            <Eye aria-hidden /> Acknowledge
          </Button>
        )}
        <Select
          aria-label="Snooze"
          value=""
          className="w-32"
          onChange={(event) => {
            const ms = Number(event.currentTarget.value);
            if (ms > 0) void say('snooze', { until: serverNow() + ms });
          }}
        >
          <option value="">Snooze…</option>
          {snoozes.map(({ title, ms }) => (
            <option key={ms} value={ms}>
              {title}
            </option>
          ))}
        </Select>
        {alert.snoozedUntil !== null && (
          <Button busy={busy} onClick={() => void act('alerts', alert.id, 'unsnooze')}>
            <Clock aria-hidden /> End snooze
          </Button>
        )}
        <Button busy={busy} onClick={() => void say('resolve', {})}>
          <Check aria-hidden /> Resolve
        </Button>
      </div>
      <form
        className="flex items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          void say('assign', { to: assignee.trim() === '' ? null : assignee.trim() });
        }}
      >
        <Field label="Assigned to" className="min-w-0 flex-1">
          {(ids) => (
            <Input
              {...ids}
              value={assignee}
              placeholder="nobody"
              maxLength={200}
              onChange={(event) => setAssignee(event.currentTarget.value)}
            />
          )}
        </Field>
        <Button type="submit" busy={busy} className="mb-5">
          Assign
        </Button>
      </form>
      {problem !== null && <ProblemNote problem={problem} />}
    </section>
  );
}

function Facts({ alert, onOpen }: { alert: Alert; onOpen: (id: string) => void }): ReactNode {
  return (
    <dl className="grid grid-cols-[7rem_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
      {alert.subject !== null && (
        <Pair term="About">
          <Subject subject={alert.subject} name={alert.subjectName} />
        </Pair>
      )}
      <Pair term="Rule">{alert.name}</Pair>
      <Pair term="Since">{exact(alert.startedAt)}</Pair>
      {alert.firedAt !== null && <Pair term="Fired">{exact(alert.firedAt)}</Pair>}
      {alert.ackedAt !== null && (
        <Pair term="Acknowledged">
          by {alert.ackedBy ?? 'somebody'}, <Ago at={alert.ackedAt} />
        </Pair>
      )}
      {alert.note !== '' && <Pair term="Note">{alert.note}</Pair>}
      {alert.snoozedUntil !== null && (
        <Pair term="Snoozed">
          <Clock aria-hidden className="mr-1 inline size-3.5" />
          until {exact(alert.snoozedUntil)}
        </Pair>
      )}
      {alert.parent !== null && (
        <Pair term="Folded into">
          <button type="button" className="text-accent hover:underline" onClick={() => onOpen(alert.parent ?? '')}>
            the alert of what it depends on
          </button>
        </Pair>
      )}
      {alert.resolvedAt !== null && (
        <Pair term="Ended">
          {exact(alert.resolvedAt)}
          {alert.resolution !== '' && `: ${alert.resolution}`}
        </Pair>
      )}
    </dl>
  );
}

function Subject({ subject, name }: { subject: string; name: string }): ReactNode {
  const [collection, id = ''] = subject.split('/', 2);
  const label = name === '' ? subject : name;
  if (collection === 'services') {
    return (
      <Link to="/services/$id" params={{ id }} className="font-medium hover:underline">
        {label}
      </Link>
    );
  }
  return <span className="font-medium">{label}</span>;
}

function Pair({ term, children }: { term: string; children: ReactNode }): ReactNode {
  return (
    <>
      <dt className="text-muted">{term}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}

/** The numbers a person would ask for before believing it. */
function Evidence({ evidence }: { evidence: Alert['evidence'] }): ReactNode {
  const shown = Object.entries(evidence).flatMap(([name, value]) =>
    value === null || typeof value === 'object'
      ? []
      : [{ name, text: typeof value === 'number' ? numberText(value) : String(value) }],
  );
  if (shown.length === 0) return null;
  return (
    <section aria-labelledby="evidence">
      <h3 id="evidence" className="mb-2 text-sm font-semibold">
        Evidence
      </h3>
      <dl className="grid grid-cols-2 gap-px overflow-clip rounded-card border bg-line sm:grid-cols-3">
        {shown.map(({ name, text }) => (
          <div key={name} className="bg-surface px-3 py-2">
            <dt className="text-xs text-muted">{sentence(words(name.replaceAll(/([A-Z])/gu, ' $1').toLowerCase()))}</dt>
            <dd className="code truncate text-sm" title={text}>
              {text}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** A number of evidence; one that can only be a moment is told as one. */
function numberText(value: number): string {
  return value > 1e12 && value < 1e13 ? exact(value) : String(Math.round(value * 1000) / 1000);
}

function Behind({ alert, onOpen }: { alert: Alert; onOpen: (id: string) => void }): ReactNode {
  const { rows } = useRows('alerts', ['eq', 'parent', alert.id]);
  return (
    <section aria-labelledby="behind">
      <h3 id="behind" className="mb-2 text-sm font-semibold">
        Behind it <span className="font-normal text-muted">{alert.children.length}</span>
      </h3>
      <ul className="max-h-56 overflow-y-auto rounded-card border">
        {rows.map((child) => (
          <li key={child.id} className="border-b last:border-b-0">
            <button
              type="button"
              onClick={() => onOpen(child.id)}
              className="flex min-h-9 w-full items-center gap-2 px-3 text-left text-sm hover:bg-hover"
            >
              <span className="truncate">{child.subjectName || child.title}</span>
              <Lasting since={child.startedAt} short className="ml-auto text-xs text-muted" />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Events({ alert }: { alert: Alert }): ReactNode {
  return (
    <section aria-labelledby="events">
      <h3 id="events" className="mb-2 text-sm font-semibold">
        What happened
      </h3>
      <ol className="space-y-2 border-l pl-4">
        {alert.events.toReversed().map((event) => (
          <li key={`${event.at}-${event.kind}-${event.text}`} className="text-sm">
            <span className="font-medium">{sentence(words(event.kind))}</span>
            {event.by !== '' && <span className="text-muted"> by {event.by}</span>}
            {event.text !== '' && <span className="text-muted">: {event.text}</span>}
            <span className="block text-xs text-muted">{exact(event.at)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

const DELIVERY_INK: Readonly<Record<Delivery['state'], string>> = {
  queued: 'text-muted',
  delivered: 'text-up',
  failed: 'text-down',
  summarized: 'text-muted',
  canceled: 'text-muted',
};

// A recovery is told with the next round of its group.
const AFTER_MS = 600_000;

/** A notice of a group names what it is about, and carries the id of the alert that led it. */
function isAbout({ key, refs, queuedAt }: Delivery, alert: Alert): boolean {
  if (key.startsWith(`${alert.id}:`)) return true;
  return (
    alert.subject !== null &&
    refs.includes(alert.subject) &&
    queuedAt >= alert.startedAt &&
    queuedAt <= (alert.resolvedAt ?? Infinity) + AFTER_MS
  );
}

/** The delivery log of this alert. */
function Told({ alert }: { alert: Alert }): ReactNode {
  const threads = [alert.id, ...(alert.group === '' ? [] : [alert.group])];
  const { rows, isLoading } = useRows('deliveries', ['in', 'thread', threads]);
  const about = rows.filter((delivery) => isAbout(delivery, alert));
  return (
    <section aria-labelledby="told">
      <h3 id="told" className="mb-2 text-sm font-semibold">
        Who was told
      </h3>
      {!isLoading && about.length === 0 ? (
        <p className="text-sm text-muted">
          Nobody.{' '}
          {alert.policy === null ? 'No policy takes this alert: add one under Notifications.' : 'Nothing was sent yet.'}
        </p>
      ) : (
        <ul className="rounded-card border">
          {about
            .toSorted((a, b) => b.queuedAt - a.queuedAt)
            .map((delivery) => (
              <li
                key={delivery.id}
                className="flex flex-wrap items-baseline gap-x-2 border-b px-3 py-2 text-sm last:border-b-0"
              >
                <span className="font-medium">{delivery.channelName}</span>
                <span className="text-muted">{words(delivery.kind)}</span>
                <span className={cx('ml-auto', DELIVERY_INK[delivery.state])}>{delivery.state}</span>
                <Ago at={delivery.deliveredAt ?? delivery.queuedAt} className="w-16 text-right text-xs text-muted" />
                {delivery.error !== '' && <span className="w-full text-xs text-down">{delivery.error}</span>}
              </li>
            ))}
        </ul>
      )}
    </section>
  );
}
