import type { Maintenance, Selector } from '@statewire/model';
import { type ReactNode, useState } from 'react';
import { ownZone } from '../../lib/dated.ts';
import { duration } from '../../lib/format.ts';
import { serverNow } from '../../lib/ticker.ts';
import { save } from '../../live/command.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field, Input, Select, Switch, TextArea } from '../../parts/field.tsx';
import { InstantField } from '../../parts/instant-field.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { SelectorField } from '../../parts/selector-field.tsx';
import { SpanField } from '../../parts/span-field.tsx';
import { done } from '../../parts/toast.tsx';
import type { Problem } from '../../rest/request.ts';
import { type Plan, planOf, scheduleOf, WEEKDAYS } from './plan.ts';

const ALL_SERVICES: Selector = { collection: 'services', where: null };
const HOUR_MS = 3_600_000;

interface Props {
  readonly maintenance: Maintenance | null;
  readonly onClose: () => void;
  /** What it is about when it is opened from a record's own page. */
  readonly selector?: Selector;
  /** When, to begin with; else from now on. */
  readonly plan?: Plan;
}

/** Plans a maintenance, or changes one: what, whom, and when. */
export function MaintenanceEditor({ maintenance, onClose, selector: given, plan: first }: Props): ReactNode {
  const [title, setTitle] = useState(maintenance?.title ?? '');
  const [text, setText] = useState(maintenance?.text ?? '');
  const [selector, setSelector] = useState(maintenance?.selector ?? given ?? ALL_SERVICES);
  const [plan, setPlan] = useState<Plan>(() =>
    maintenance === null ? (first ?? { kind: 'now', durationMs: HOUR_MS / 2 }) : planOf(maintenance),
  );
  const [isPublic, setPublic] = useState(maintenance?.isPublic ?? false);
  const [base] = useState(maintenance?.version);
  const [busy, setBusy] = useState(false);
  const [isTried, setTried] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const schedule = scheduleOf(plan);
  const isPast = plan.kind === 'once' && plan.to !== null && plan.to < serverNow();
  const submit = async (): Promise<void> => {
    setTried(true);
    if (title.trim() === '' || typeof schedule === 'string') return;
    setBusy(true);
    const failed = await save(
      'maintenances',
      maintenance?.id ?? null,
      { title: title.trim(), text: text.trim(), selector, schedule, isPublic },
      base,
    );
    setBusy(false);
    if (failed !== null) return setProblem(failed);
    done(
      plan.kind === 'now' ? `${title.trim()} has begun` : isPast ? 'Marked afterwards' : `${title.trim()} is planned`,
    );
    onClose();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={maintenance === null ? 'Plan maintenance' : `Change ${maintenance.title}`}
      note="Inside a window nobody is paged; what is measured goes on."
      wide
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" busy={busy} onClick={() => void submit()}>
            {maintenance !== null ? 'Save' : plan.kind === 'now' ? 'Begin now' : isPast ? 'Mark it' : 'Plan it'}
          </Button>
        </>
      }
    >
      <div className="space-y-4">
        <Field label="Title" error={isTried && title.trim() === '' ? 'Say what is done' : undefined}>
          {(ids) => (
            <Input
              {...ids}
              isFirst
              value={title}
              maxLength={200}
              placeholder="Database upgrade"
              onChange={(event) => setTitle(event.currentTarget.value)}
            />
          )}
        </Field>
        <SelectorField
          label="What is under maintenance"
          value={selector}
          onChange={setSelector}
          collections={['services', 'agents', 'connections']}
        />
        <When plan={plan} onChange={setPlan} isNew={maintenance === null} />
        {isTried && typeof schedule === 'string' && <p className="text-xs text-down">{schedule}</p>}
        {isPast && (
          <p className="rounded-control bg-maintenance-soft px-3 py-2 text-sm">
            This window is over: its time is taken out of uptime afterwards, and the numbers are worked out again.
          </p>
        )}
        <Field label="What is done" hint="Shown with it, also on status pages when it is public">
          {(ids) => (
            <TextArea
              {...ids}
              rows={3}
              className="font-sans text-sm"
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
          )}
        </Field>
        <Switch label="Announce it on status pages" checked={isPublic} onChange={setPublic} />
        {problem !== null && <ProblemNote problem={problem} />}
      </div>
    </Dialog>
  );
}

function When({ plan, onChange, isNew }: { plan: Plan; onChange: (plan: Plan) => void; isNew: boolean }): ReactNode {
  const kinds = [
    ...(isNew ? [{ key: 'now', title: 'From now on' }] : []),
    { key: 'once', title: 'Once (also afterwards)' },
    { key: 'repeat', title: 'Again and again' },
  ];
  const choose = (kind: string): void => {
    const zone = ownZone();
    const start = Math.ceil(serverNow() / HOUR_MS) * HOUR_MS;
    if (kind === 'now') onChange({ kind: 'now', durationMs: HOUR_MS / 2 });
    else if (kind === 'once') onChange({ kind: 'once', from: start, to: start + HOUR_MS });
    else
      onChange({
        kind: 'repeat',
        pattern: 'weekly',
        days: ['SU'],
        time: '02:00',
        rule: 'FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=0',
        durationMs: HOUR_MS,
        zone,
      });
  };
  return (
    <fieldset className="space-y-3">
      <legend className="sr-only">When</legend>
      <Field label="When">
        {(ids) => (
          <Select {...ids} value={plan.kind} onChange={(event) => choose(event.currentTarget.value)}>
            {kinds.map(({ key, title }) => (
              <option key={key} value={key}>
                {title}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {plan.kind === 'now' && (
        <div className="flex flex-wrap gap-2">
          {[15, 30, 60, 120, 480].map((minutes) => (
            <Button
              key={minutes}
              aria-pressed={plan.durationMs === minutes * 60_000}
              tone={plan.durationMs === minutes * 60_000 ? 'primary' : 'plain'}
              onClick={() => onChange({ ...plan, durationMs: minutes * 60_000 })}
            >
              {duration(minutes * 60_000)}
            </Button>
          ))}
        </div>
      )}
      {plan.kind === 'once' && (
        <div className="grid gap-3 sm:grid-cols-2">
          <InstantField label="From" value={plan.from} onChange={(from) => onChange({ ...plan, from })} />
          <InstantField label="To" value={plan.to} onChange={(to) => onChange({ ...plan, to })} />
        </div>
      )}
      {plan.kind === 'repeat' && <Repeat plan={plan} onChange={onChange} />}
    </fieldset>
  );
}

type RepeatPlan = Extract<Plan, { kind: 'repeat' }>;

function Repeat({ plan, onChange }: { plan: RepeatPlan; onChange: (plan: Plan) => void }): ReactNode {
  const patterns: readonly { readonly key: RepeatPlan['pattern']; readonly title: string }[] = [
    { key: 'daily', title: 'Every day' },
    { key: 'weekly', title: 'Every week' },
    { key: 'monthly', title: 'Every month, first weekday' },
    { key: 'rule', title: 'By a rule (RRULE)' },
  ];
  return (
    <div className="space-y-3">
      <div className="grid gap-3 sm:grid-cols-3">
        <Field label="How often">
          {(ids) => (
            <Select
              {...ids}
              value={plan.pattern}
              onChange={(event) => {
                const found = patterns.find(({ key }) => key === event.currentTarget.value);
                if (found !== undefined) onChange({ ...plan, pattern: found.key });
              }}
            >
              {patterns.map(({ key, title }) => (
                <option key={key} value={key}>
                  {title}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {plan.pattern !== 'rule' && (
          <Field label="At">
            {(ids) => (
              <Input
                {...ids}
                type="time"
                value={plan.time}
                onChange={(event) => onChange({ ...plan, time: event.currentTarget.value || '00:00' })}
              />
            )}
          </Field>
        )}
        <SpanField
          label="For"
          value={plan.durationMs}
          onChange={(durationMs) => durationMs !== null && onChange({ ...plan, durationMs })}
        />
      </div>
      {(plan.pattern === 'weekly' || plan.pattern === 'monthly') && (
        <fieldset>
          <legend className="sr-only">Days</legend>
          <div className="flex flex-wrap gap-1.5">
            {WEEKDAYS.map(({ code, short, title }) => {
              const isChosen = plan.days.includes(code);
              return (
                <Button
                  key={code}
                  aria-label={title}
                  aria-pressed={isChosen}
                  tone={isChosen ? 'primary' : 'plain'}
                  className="w-11 px-0"
                  onClick={() =>
                    onChange({
                      ...plan,
                      days: isChosen ? plan.days.filter((day) => day !== code) : [...plan.days, code],
                    })
                  }
                >
                  {short}
                </Button>
              );
            })}
          </div>
        </fieldset>
      )}
      {plan.pattern === 'rule' && (
        <Field label="Rule" hint="RFC 5545, or the lines a calendar gives for a repeating event">
          {(ids) => (
            <TextArea
              {...ids}
              rows={2}
              value={plan.rule}
              onChange={(event) => onChange({ ...plan, rule: event.currentTarget.value })}
            />
          )}
        </Field>
      )}
      <Field label="Time zone" hint="The window keeps its time on this zone's clocks, also when they change">
        {(ids) => (
          <Input
            {...ids}
            value={plan.zone}
            onChange={(event) => onChange({ ...plan, zone: event.currentTarget.value })}
          />
        )}
      </Field>
    </div>
  );
}
