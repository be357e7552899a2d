import {
  type GroupKey,
  type Policy,
  type PolicyStep,
  policyCreateSchema,
  policyPatchSchema,
  type QuietHours,
  SEVERITIES,
  type Selector,
} from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import { Plus, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { ownZone } from '../../lib/dated.ts';
import { save } from '../../live/command.ts';
import { useRows } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field, Input, Select, Switch } from '../../parts/field.tsx';
import { PickMany } from '../../parts/pick-many.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { SelectorField } from '../../parts/selector-field.tsx';
import { SpanField } from '../../parts/span-field.tsx';
import type { Problem } from '../../rest/request.ts';
import { severities } from '../alerts/look.ts';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const GROUPINGS: readonly { readonly key: string; readonly title: string; readonly by: readonly GroupKey[] }[] = [
  { key: 'rule', title: 'By rule', by: ['rule'] },
  { key: 'group', title: 'By group of services', by: ['group'] },
  { key: 'subject', title: 'Each record by itself', by: ['subject'] },
  { key: '', title: 'Everything together', by: [] },
];

/** Who is told, when nobody answers who is next, and when all is quiet. */
export function PolicyEditor({ policy, onClose }: { policy: Policy | null; onClose: () => void }): ReactNode {
  const channels = useRows('channels');
  const [name, setName] = useState(policy?.name ?? '');
  const [isDefault, setDefault] = useState(policy?.isDefault ?? true);
  const [severity, setSeverity] = useState(policy?.match.severity ?? null);
  const [on, setOn] = useState<Selector | null>(policy?.match.on ?? null);
  const [groupBy, setGroupBy] = useState<readonly GroupKey[]>(policy?.groupBy ?? ['rule']);
  const [steps, setSteps] = useState<readonly PolicyStep[]>(policy?.steps ?? [{ afterMs: 0, channels: [] }]);
  const [repeatMs, setRepeatMs] = useState(policy?.repeatMs ?? null);
  const [reminderMs, setReminderMs] = useState(policy?.reminderMs ?? null);
  const [sendResolved, setSendResolved] = useState(policy?.sendResolved ?? true);
  const [quiet, setQuiet] = useState<QuietHours | null>(policy?.quiet[0] ?? null);
  const [digest, setDigest] = useState(policy?.digest ?? null);
  const [base] = useState(policy?.version);
  const [isTried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const choices = channels.rows.map((channel) => ({ id: channel.id, name: channel.name, note: channel.kind }));
  const zone = ownZone();
  const fields: JsonObject = {
    name: name.trim(),
    isDefault,
    match: { severity, on },
    groupBy,
    steps,
    repeatMs,
    reminderMs,
    sendResolved,
    // The form shows one span of quiet hours; others that were set elsewhere stay as they are.
    quiet: [...(quiet === null ? [] : [quiet]), ...(policy?.quiet.slice(1) ?? [])],
    digest,
  };
  const flaw = (policy === null ? policyCreateSchema : policyPatchSchema).safeParse(fields).error?.issues[0];
  const submit = async (): Promise<void> => {
    setTried(true);
    if (flaw !== undefined) return;
    setBusy(true);
    const failed = await save('policies', policy?.id ?? null, fields, base);
    setBusy(false);
    if (failed === null) onClose();
    else setProblem(failed);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={policy === null ? 'New policy' : policy.name}
      wide
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" busy={busy} onClick={() => void submit()}>
            Save
          </Button>
        </>
      }
    >
      <div className="space-y-5">
        <Field label="Name">
          {(ids) => (
            <Input
              {...ids}
              isFirst
              value={name}
              placeholder="On-call"
              onChange={(event) => setName(event.currentTarget.value)}
            />
          )}
        </Field>
        <section aria-label="Which alerts" className="space-y-2">
          <Switch label="Takes all alerts that no other policy takes" checked={isDefault} onChange={setDefault} />
          <fieldset>
            <legend className="mb-1 text-sm font-medium">Severities</legend>
            <div className="flex flex-wrap gap-x-4">
              {SEVERITIES.map((each) => (
                <Switch
                  key={each}
                  label={severities[each].word}
                  checked={severity === null || severity.includes(each)}
                  onChange={() => {
                    const now = severity ?? SEVERITIES;
                    const next = SEVERITIES.filter((one) => (one === each ? !now.includes(one) : now.includes(one)));
                    setSeverity(next.length === SEVERITIES.length ? null : next);
                  }}
                />
              ))}
            </div>
          </fieldset>
          <Switch
            label="Only alerts of some records"
            checked={on !== null}
            onChange={(only) => setOn(only ? { collection: 'services', where: null } : null)}
          />
          {on !== null && (
            <SelectorField
              label="Of"
              value={on}
              onChange={setOn}
              collections={['services', 'agents', 'connections', 'executions', 'jobs']}
            />
          )}
        </section>
        <section aria-label="Who is told" className="space-y-3">
          <h3 className="text-sm font-semibold">Who is told</h3>
          <ol className="space-y-3">
            {steps.map((step, i) => (
              // oxlint-disable-next-line react/no-array-index-key -- a step has no name; its place is what it is.
              <li key={i} className="space-y-2 rounded-card border p-3">
                <div className="flex items-start gap-2">
                  <SpanField
                    label={i === 0 ? 'After' : 'When nobody acknowledged after'}
                    value={step.afterMs}
                    className="min-w-0 flex-1"
                    onChange={(ms) =>
                      setSteps(steps.map((each, at) => (at === i ? { ...each, afterMs: ms ?? 0 } : each)))
                    }
                  />
                  {steps.length > 1 && (
                    <Button
                      tone="ghost"
                      size="icon"
                      aria-label={`Remove step ${i + 1}`}
                      onClick={() => setSteps(steps.filter((_, at) => at !== i))}
                    >
                      <Trash2 aria-hidden />
                    </Button>
                  )}
                </div>
                <PickMany
                  label="Channels"
                  choices={choices}
                  chosen={step.channels}
                  onChange={(ids) => setSteps(steps.map((each, at) => (at === i ? { ...each, channels: ids } : each)))}
                  empty="There are no channels yet: make one first."
                />
              </li>
            ))}
          </ol>
          <Button
            onClick={() => setSteps([...steps, { afterMs: (steps.at(-1)?.afterMs ?? 0) + 600_000, channels: [] }])}
          >
            <Plus aria-hidden /> Next step
          </Button>
          <div className="grid gap-3 sm:grid-cols-3">
            <SpanField label="Last step again each" isOptional value={repeatMs} onChange={setRepeatMs} />
            <SpanField
              label="Reminder each"
              hint="At least 5 min"
              isOptional
              value={reminderMs}
              onChange={setReminderMs}
            />
            <Field label="Told together">
              {(ids) => (
                <Select
                  {...ids}
                  value={groupBy.join(' ')}
                  onChange={(event) => {
                    const found = GROUPINGS.find(({ key }) => key === event.currentTarget.value);
                    if (found !== undefined) setGroupBy(found.by);
                  }}
                >
                  {GROUPINGS.map(({ key, title }) => (
                    <option key={key} value={key}>
                      {title}
                    </option>
                  ))}
                  {!GROUPINGS.some(({ key }) => key === groupBy.join(' ')) && (
                    <option value={groupBy.join(' ')}>By {groupBy.join(', ')}</option>
                  )}
                </Select>
              )}
            </Field>
          </div>
          <Switch label="Tell them when it is over" checked={sendResolved} onChange={setSendResolved} />
        </section>
        <section aria-label="Quiet hours" className="space-y-2">
          <Switch
            label="Quiet hours: hold what is not critical, and tell it afterwards"
            checked={quiet !== null}
            onChange={(next) =>
              setQuiet(
                next ? { days: [0, 1, 2, 3, 4, 5, 6], from: '22:00', to: '07:00', zone, bypass: ['critical'] } : null,
              )
            }
          />
          {quiet !== null && (
            <div className="grid gap-3 sm:grid-cols-3">
              <TimeField label="From" value={quiet.from} onChange={(from) => setQuiet({ ...quiet, from })} />
              <TimeField label="To" value={quiet.to} onChange={(to) => setQuiet({ ...quiet, to })} />
              <Field label="Time zone">
                {(ids) => (
                  <Input
                    {...ids}
                    value={quiet.zone}
                    onChange={(event) => setQuiet({ ...quiet, zone: event.currentTarget.value })}
                  />
                )}
              </Field>
            </div>
          )}
        </section>
        <section aria-label="Digest" className="space-y-2">
          <Switch
            label="A regular digest of what is wrong and what was"
            checked={digest !== null}
            onChange={(next) =>
              setDigest(
                next ? { every: 'day', at: '09:00', weekday: 1, zone, channels: steps[0]?.channels ?? [] } : null,
              )
            }
          />
          {digest !== null && (
            <>
              <div className="grid gap-3 sm:grid-cols-3">
                <Field label="Each">
                  {(ids) => (
                    <Select
                      {...ids}
                      value={digest.every === 'day' ? 'day' : String(digest.weekday)}
                      onChange={(event) => {
                        const each = event.currentTarget.value;
                        setDigest(
                          each === 'day'
                            ? { ...digest, every: 'day' }
                            : { ...digest, every: 'week', weekday: Number(each) },
                        );
                      }}
                    >
                      <option value="day">Day</option>
                      {DAYS.map((day, i) => (
                        <option key={day} value={i}>
                          {day}
                        </option>
                      ))}
                    </Select>
                  )}
                </Field>
                <TimeField label="At" value={digest.at} onChange={(at) => setDigest({ ...digest, at })} />
                <Field label="Time zone">
                  {(ids) => (
                    <Input
                      {...ids}
                      value={digest.zone}
                      onChange={(event) => setDigest({ ...digest, zone: event.currentTarget.value })}
                    />
                  )}
                </Field>
              </div>
              <PickMany
                label="Channels of the digest"
                choices={choices}
                chosen={digest.channels}
                onChange={(ids) => setDigest({ ...digest, channels: ids })}
                empty="There are no channels yet."
              />
            </>
          )}
        </section>
        {isTried && flaw !== undefined && (
          <p role="alert" className="text-sm text-down">
            {flaw.path.includes('channels')
              ? 'Choose at least one channel for each step'
              : `${flaw.path.join('.')}: ${flaw.message}`}
          </p>
        )}
        {problem !== null && <ProblemNote problem={problem} />}
      </div>
    </Dialog>
  );
}

function TimeField({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (time: string) => void;
}): ReactNode {
  return (
    <Field label={label}>
      {(ids) => (
        <Input
          {...ids}
          type="time"
          value={value}
          onChange={(event) => event.currentTarget.value !== '' && onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
