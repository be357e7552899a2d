import type { Agent } from '@statewire/model';
import { type FormEvent, type ReactNode, useState } from 'react';
import { save } from '../../live/command.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field, Input } from '../../parts/field.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import type { Problem } from '../../rest/request.ts';

/** Announces an agent, or changes what people say of one. What it reports of itself later wins. */
export function AgentEditor({ agent, onClose }: { agent: Agent | null; onClose: () => void }): ReactNode {
  const [id, setId] = useState('');
  const [name, setName] = useState(agent?.name ?? '');
  const [platform, setPlatform] = useState(agent?.platform ?? '');
  const [labels, setLabels] = useState(() => textOf(agent?.labels ?? {}));
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const read = labelsOf(labels);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (typeof read === 'string' || name.trim() === '') return;
    setBusy(true);
    const fields = { name: name.trim(), platform: platform.trim(), labels: read };
    const failed =
      agent === null
        ? await save('agents', null, id.trim() === '' ? fields : { ...fields, id: id.trim() })
        : await save('agents', agent.id, fields, agent.version);
    setBusy(false);
    setProblem(failed);
    if (failed === null) onClose();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={agent === null ? 'New agent' : `Edit ${agent.name}`}
      {...(agent === null ? { note: 'An agent also makes its own record when it reports or connects first.' } : {})}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button form="agent-form" type="submit" tone="primary" busy={busy} disabled={name.trim() === ''}>
            {agent === null ? 'Create' : 'Save'}
          </Button>
        </>
      }
    >
      <form id="agent-form" onSubmit={(event) => void submit(event)} className="space-y-1">
        <Field label="Name">
          {(ids) => (
            <Input {...ids} isFirst maxLength={200} value={name} onChange={(e) => setName(e.currentTarget.value)} />
          )}
        </Field>
        {agent === null && (
          <Field label="Id" hint="What its program calls itself; made from chance when left out.">
            {(ids) => <Input {...ids} maxLength={128} value={id} onChange={(e) => setId(e.currentTarget.value)} />}
          </Field>
        )}
        <Field label="Platform" hint="What it runs on, for people: n8n, linux, a machine’s name.">
          {(ids) => (
            <Input {...ids} maxLength={128} value={platform} onChange={(e) => setPlatform(e.currentTarget.value)} />
          )}
        </Field>
        <Field label="Labels" hint="key=value, separated by commas" error={typeof read === 'string' ? read : undefined}>
          {(ids) => <Input {...ids} value={labels} onChange={(e) => setLabels(e.currentTarget.value)} />}
        </Field>
      </form>
      {problem !== null && <ProblemNote problem={problem} className="mt-3" />}
    </Dialog>
  );
}

function textOf(labels: Agent['labels']): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}

/** The labels, or what is wrong with the text. */
function labelsOf(text: string): Readonly<Record<string, string>> | string {
  const labels: Record<string, string> = {};
  for (const part of text.split(',')) {
    if (part.trim() === '') continue;
    const [key = '', ...rest] = part.split('=');
    if (key.trim() === '' || rest.length === 0) return `Write ${part.trim()} as key=value`;
    labels[key.trim()] = rest.join('=').trim();
  }
  return labels;
}
