import {
  type AffectedImpact,
  INCIDENT_IMPACTS,
  INCIDENT_PHASES,
  type Incident,
  incidentCreateSchema,
} from '@statewire/model';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { save } from '../../live/command.ts';
import { useRows } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field, Input, Select, Switch, TextArea } from '../../parts/field.tsx';
import { PickMany } from '../../parts/pick-many.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import type { Problem } from '../../rest/request.ts';
import { impactWords, phases } from './look.ts';

/** Says that something is wrong, before or without any alert. */
export function NewIncident({ onClose }: { onClose: () => void }): ReactNode {
  const services = useRows('services');
  const navigate = useNavigate();
  const [title, setTitle] = useState('');
  const [text, setText] = useState('');
  const [phase, setPhase] = useState<Incident['phase']>('investigating');
  const [impact, setImpact] = useState<Incident['impact']>('minor');
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [isPublished, setPublished] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const [isTried, setTried] = useState(false);
  const names = new Map(services.rows.map((row) => [row.id, row]));
  const fields = {
    id: idNow(),
    title: title.trim(),
    ...(text.trim() === '' ? {} : { text: text.trim() }),
    phase,
    impact,
    affected: chosen.map((id) => ({ ref: `services/${id}`, impact: impactOf(names.get(id)?.status) })),
    isPublished,
  };
  const [id] = useState(fields.id);
  const flaw = incidentCreateSchema.safeParse(fields).error?.issues[0];
  const submit = async (): Promise<void> => {
    setTried(true);
    if (flaw !== undefined) return;
    setBusy(true);
    const failed = await save('incidents', null, { ...fields, id });
    setBusy(false);
    if (failed !== null) return setProblem(failed);
    onClose();
    await navigate({ to: '/incidents/$id', params: { id } });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="New incident"
      note="Nothing is public until you publish it."
      wide
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" busy={busy} onClick={() => void submit()}>
            {isPublished ? 'Create and publish' : 'Create'}
          </Button>
        </>
      }
    >
      <div className="space-y-3">
        <Field label="Title" error={isTried && flaw?.path[0] === 'title' ? flaw.message : undefined}>
          {(ids) => (
            <Input
              {...ids}
              isFirst
              value={title}
              maxLength={200}
              placeholder="Checkout is slow"
              onChange={(event) => setTitle(event.currentTarget.value)}
            />
          )}
        </Field>
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label="Phase">
            {(ids) => (
              <Select
                {...ids}
                value={phase}
                onChange={(event) => setPhase(INCIDENT_PHASES.find((p) => p === event.currentTarget.value) ?? phase)}
              >
                {INCIDENT_PHASES.map((name) => (
                  <option key={name} value={name}>
                    {phases[name].word}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Impact">
            {(ids) => (
              <Select
                {...ids}
                value={impact}
                onChange={(event) => setImpact(INCIDENT_IMPACTS.find((i) => i === event.currentTarget.value) ?? impact)}
              >
                {INCIDENT_IMPACTS.map((name) => (
                  <option key={name} value={name}>
                    {impactWords[name]}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </div>
        <Field label="What is known" hint="The first entry of its timeline">
          {(ids) => (
            <TextArea {...ids} rows={4} value={text} onChange={(event) => setText(event.currentTarget.value)} />
          )}
        </Field>
        <PickMany
          label="Affected services"
          choices={services.rows.map((row) => ({ id: row.id, name: row.name, note: row.status }))}
          chosen={chosen}
          onChange={setChosen}
          empty="There are no services yet."
        />
        <Switch label="Publish it on status pages at once" checked={isPublished} onChange={setPublished} />
        {problem !== null && <ProblemNote problem={problem} />}
      </div>
    </Dialog>
  );
}

function impactOf(status: string | undefined): AffectedImpact {
  return status === 'down' ? 'down' : status === 'maintenance' ? 'maintenance' : 'degraded';
}

/** Chosen here, so that the page of the new incident can be opened as soon as it is there. */
function idNow(): string {
  return `inc_${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`;
}
