import type { Incident, IncidentPhase } from '@statewire/model';
import { INCIDENT_PHASES } from '@statewire/model';
import { Link, useParams } from '@tanstack/react-router';
import { Globe, GlobeLock, Lock } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { duration, exact, plural } from '../../lib/format.ts';
import { useCan } from '../../lib/me.ts';
import { act, run } from '../../live/command.ts';
import { useRecordOf, useRows } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Field, Input, Select, Switch, TextArea } from '../../parts/field.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { Missing } from '../../parts/missing.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { Ago, Lasting } from '../../parts/time.tsx';
import type { Problem } from '../../rest/request.ts';
import { lookOfAlert } from '../alerts/look.ts';
import { affectedWords, impactWords, phases } from './look.ts';
import { Phase } from './phase.tsx';

const PARENT = { title: 'Incidents', to: '/incidents' } as const;

/** One incident: what is said, what it is about, and what was learned. */
export function IncidentDetail(): ReactNode {
  const { id } = useParams({ from: '/incidents/$id' });
  const { row, isLoading, isStale } = useRecordOf('incidents', id);
  useCrumbs(row?.title ?? id, PARENT);
  if (row === null) return <Missing isLoading={isLoading} what="incident" to="/incidents" list="Incidents" />;
  return <Loaded incident={row} isStale={isStale} />;
}

function Loaded({ incident, isStale }: { incident: Incident; isStale: boolean }): ReactNode {
  const canWrite = useCan('incidents:change');
  const [isPublishing, setPublishing] = useState(false);
  return (
    <div className={cx(isStale && 'is-stale')}>
      <header className="mb-5 space-y-2">
        <div className="flex items-start gap-x-4 gap-y-2">
          <h1 className="min-w-0 flex-1 text-xl font-semibold tracking-tight">{incident.title}</h1>
          {canWrite &&
            (incident.isPublished ? (
              <Button onClick={() => void act('incidents', incident.id, 'unpublish')}>
                <GlobeLock aria-hidden /> Unpublish
              </Button>
            ) : (
              <Button tone="primary" onClick={() => setPublishing(true)}>
                <Globe aria-hidden /> Publish
              </Button>
            ))}
        </div>
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
          <Phase phase={incident.phase} />
          <span>{impactWords[incident.impact]}</span>
          <span title={exact(incident.startedAt)}>
            {incident.resolvedAt === null ? (
              <>
                for <Lasting since={incident.startedAt} />
              </>
            ) : (
              `lasted ${duration(incident.resolvedAt - incident.startedAt)}`
            )}
          </span>
          {incident.assignee !== null && <span>assigned to {incident.assignee}</span>}
          <span className="inline-flex items-center gap-1">
            {incident.isPublished ? (
              <>
                <Globe aria-hidden className="size-3.5" /> public
              </>
            ) : (
              <>
                <Lock aria-hidden className="size-3.5" /> only here
              </>
            )}
          </span>
        </p>
      </header>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="space-y-5">
          {canWrite && <Say incident={incident} />}
          <Pane title="Timeline" note={plural(incident.updates.length, 'entry', 'entries')}>
            <Timeline incident={incident} />
          </Pane>
          <Learned incident={incident} />
        </div>
        <div className="space-y-5">
          <AffectedPane incident={incident} />
          <AlertsPane incident={incident} />
          {canWrite && <Assign incident={incident} />}
        </div>
      </div>
      <Confirm
        open={isPublishing}
        onClose={() => setPublishing(false)}
        title="Publish this incident?"
        verb="Publish"
        onConfirm={() => run('incidents', incident.id, 'publish')}
      >
        <p>
          Its title, phase, affected services and public entries appear on every status page that shows one of these
          services, and subscribers are told.
        </p>
      </Confirm>
    </div>
  );
}

/** A new entry: what is known, where it stands, and whether the public reads it. */
function Say({ incident }: { incident: Incident }): ReactNode {
  const [text, setText] = useState('');
  const [phase, setPhase] = useState<IncidentPhase>(incident.phase);
  const [isPublic, setPublic] = useState(incident.isPublished);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const submit = async (): Promise<void> => {
    setBusy(true);
    const failed = await run('incidents', incident.id, 'update', { text: text.trim(), phase, isPublic });
    setBusy(false);
    setProblem(failed);
    if (failed === null) setText('');
  };
  return (
    <form
      className="pane space-y-3 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Field label="Update">
        {(ids) => (
          <TextArea
            {...ids}
            rows={3}
            value={text}
            placeholder="What is known now, and what happens next"
            className="font-sans text-sm"
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
      </Field>
      <div className="flex flex-wrap items-center gap-3">
        <Select
          aria-label="Phase"
          value={phase}
          className="h-8 w-40"
          onChange={(event) => setPhase(INCIDENT_PHASES.find((p) => p === event.currentTarget.value) ?? phase)}
        >
          {INCIDENT_PHASES.map((name) => (
            <option key={name} value={name}>
              {phases[name].word}
            </option>
          ))}
        </Select>
        <Switch label="Public" checked={isPublic} onChange={setPublic} />
        <Button type="submit" tone="primary" busy={busy} disabled={text.trim() === ''} className="ml-auto">
          {phase === 'resolved' && incident.phase !== 'resolved' ? 'Resolve' : 'Post'}
        </Button>
      </div>
      {isPublic && !incident.isPublished && (
        <p className="text-xs text-muted">It is read outside once the incident is published.</p>
      )}
      {problem !== null && <ProblemNote problem={problem} />}
    </form>
  );
}

function Timeline({ incident }: { incident: Incident }): ReactNode {
  if (incident.updates.length === 0)
    return <p className="px-4 py-6 text-center text-sm text-muted">Nothing was said yet.</p>;
  return (
    <ol className="px-4">
      {incident.updates.toReversed().map((update) => {
        const look = phases[update.phase];
        return (
          <li key={update.id} className="flex gap-3 border-b py-3 last:border-b-0">
            <look.icon aria-hidden className={cx('mt-0.5 size-4 shrink-0', look.ink)} />
            <div className="min-w-0 flex-1">
              <p className="flex flex-wrap items-baseline gap-x-2">
                <span className="font-medium">{look.word}</span>
                <span className="text-xs text-muted">
                  {update.by === '' ? 'by itself' : update.by}, {exact(update.at)}
                </span>
                {update.isPublic ? (
                  <Globe aria-label="Public" className="size-3.5 self-center text-muted" />
                ) : (
                  <Lock aria-label="Only here" className="size-3.5 self-center text-muted" />
                )}
                <Ago at={update.at} className="ml-auto text-xs text-muted" />
              </p>
              {update.text !== '' && <p className="mt-1 break-words whitespace-pre-wrap">{update.text}</p>}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

/** The post-mortem: what was learned, for everybody who was not there. */
function Learned({ incident }: { incident: Incident }): ReactNode {
  const canWrite = useCan('incidents:change');
  const [text, setText] = useState<string | null>(null);
  const [publish, setPublish] = useState(incident.postmortem?.publishedAt !== null && incident.postmortem !== null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const written = incident.postmortem;
  const submit = async (): Promise<void> => {
    setBusy(true);
    const failed = await run('incidents', incident.id, 'postmortem', { text: (text ?? '').trim(), publish });
    setBusy(false);
    setProblem(failed);
    if (failed === null) setText(null);
  };
  return (
    <Pane
      title="Post-mortem"
      {...(written === null ? {} : { note: written.publishedAt === null ? 'not public' : 'public' })}
      {...(canWrite && text === null
        ? {
            actions: (
              <Button size="small" onClick={() => setText(written?.text ?? '')}>
                {written === null ? 'Write' : 'Edit'}
              </Button>
            ),
          }
        : {})}
      bodyClassName="p-4"
    >
      {text === null ? (
        written === null ? (
          <p className="text-sm text-muted">What happened, why, and what keeps it from happening again.</p>
        ) : (
          <p className="break-words whitespace-pre-wrap">{written.text}</p>
        )
      ) : (
        <form
          className="space-y-3"
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <TextArea
            aria-label="Post-mortem"
            rows={10}
            value={text}
            className="font-sans text-sm"
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <div className="flex flex-wrap items-center gap-3">
            <Switch label="Public with the incident" checked={publish} onChange={setPublish} />
            <Button className="ml-auto" onClick={() => setText(null)}>
              Cancel
            </Button>
            <Button type="submit" tone="primary" busy={busy} disabled={text.trim() === ''}>
              Save
            </Button>
          </div>
          {problem !== null && <ProblemNote problem={problem} />}
        </form>
      )}
    </Pane>
  );
}

function AffectedPane({ incident }: { incident: Incident }): ReactNode {
  const ids = incident.affected.flatMap(({ ref }) => (ref.startsWith('services/') ? [ref.slice(9)] : []));
  const { rows } = useRows('services', ['in', 'id', ids.length === 0 ? ['-'] : ids]);
  const names = new Map(rows.map((row) => [`services/${row.id}`, row.name]));
  return (
    <Pane title="Affected" {...(incident.affected.length > 0 ? { note: String(incident.affected.length) } : {})}>
      {incident.affected.length === 0 ? (
        <p className="px-4 py-4 text-sm text-muted">No service is named.</p>
      ) : (
        <ul>
          {incident.affected.map(({ ref, impact }) => (
            <li key={ref} className="flex min-h-9 items-center gap-2 border-b px-4 py-1.5 text-sm last:border-b-0">
              {ref.startsWith('services/') ? (
                <Link to="/services/$id" params={{ id: ref.slice(9) }} className="truncate font-medium hover:underline">
                  {names.get(ref) ?? ref}
                </Link>
              ) : (
                <span className="truncate font-medium">{ref}</span>
              )}
              <span
                className={cx(
                  'ml-auto shrink-0 text-xs',
                  impact === 'down' ? 'text-down' : impact === 'degraded' ? 'text-degraded' : 'text-muted',
                )}
              >
                {affectedWords[impact]}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Pane>
  );
}

function AlertsPane({ incident }: { incident: Incident }): ReactNode {
  const { rows } = useRows('alerts', ['in', 'id', incident.alerts.length === 0 ? ['-'] : [...incident.alerts]]);
  return (
    <Pane title="Alerts" {...(incident.alerts.length > 0 ? { note: String(incident.alerts.length) } : {})}>
      {incident.alerts.length === 0 ? (
        <p className="px-4 py-4 text-sm text-muted">Written by {incident.by === '' ? 'a person' : incident.by}.</p>
      ) : (
        <ul>
          {rows.map((alert) => {
            const look = lookOfAlert(alert);
            return (
              <li key={alert.id} className="border-b last:border-b-0">
                <Link
                  to="/alerts"
                  search={{ open: alert.id, ...(alert.state === 'resolved' ? { tab: 'resolved' as const } : {}) }}
                  className="flex min-h-9 items-center gap-2 px-4 py-1.5 text-sm hover:bg-hover"
                >
                  <look.icon aria-label={look.word} className={cx('size-4 shrink-0', look.ink)} />
                  <span className="truncate">{alert.title}</span>
                </Link>
              </li>
            );
          })}
        </ul>
      )}
    </Pane>
  );
}

function Assign({ incident }: { incident: Incident }): ReactNode {
  const [to, setTo] = useState(incident.assignee ?? '');
  return (
    <form
      className="pane flex items-end gap-2 px-4 pt-4"
      onSubmit={(event) => {
        event.preventDefault();
        void act('incidents', incident.id, 'assign', { to: to.trim() === '' ? null : to.trim() });
      }}
    >
      <Field label="Assigned to" className="min-w-0 flex-1">
        {(ids) => (
          <Input {...ids} value={to} placeholder="nobody" onChange={(event) => setTo(event.currentTarget.value)} />
        )}
      </Field>
      <Button type="submit" className="mb-5 h-9">
        Assign
      </Button>
    </form>
  );
}
