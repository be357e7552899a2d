import { rootsOf, type Service } from '@statewire/model';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { kinds } from '../../lib/kinds.ts';
import { createService, patchService } from '../../live/command.ts';
import { useRecordOf } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { done } from '../../parts/toast.tsx';
import type { Problem } from '../../rest/request.ts';
import { ConditionsField } from './conditions-field.tsx';
import { type Draft, draftOf, emptyDraft, ofKind } from './draft.ts';
import { errorIn } from './errors.ts';
import { type Form, TextField, useForm } from './form.tsx';
import { guessOf } from './guess.ts';
import { HeartbeatFields } from './heartbeat-fields.tsx';
import { KindPicker } from './kind-picker.tsx';
import { MembersField } from './members-field.tsx';
import { MoreFields } from './more-fields.tsx';
import { ProbeFields } from './probe-fields.tsx';
import { changesOf, isTargeted, readDraft } from './read.ts';
import { SecretFields } from './secret-fields.tsx';

interface Props {
  /** Null makes a new one. */
  readonly id: string | null;
  /** What somebody pasted: a URL or an address. The kind is guessed from it. */
  readonly pasted?: string | undefined;
  readonly onClose: () => void;
}

/** Adds a service, or changes one. Told while typing what is wrong, by the same rules the server has. */
export default function Editor({ id, pasted, onClose }: Props): ReactNode {
  if (id !== null) return <LoadedEditor id={id} onClose={onClose} />;
  const initial = { ...ofKind(emptyDraft, emptyDraft.kind), ...(pasted === undefined ? {} : guessOf(pasted)) };
  return <EditorForm service={null} initial={initial} secrets={[]} onClose={onClose} />;
}

function LoadedEditor({ id, onClose }: { id: string; onClose: () => void }): ReactNode {
  const { row: service, isLoading } = useRecordOf('services', id);
  const { row: check, isLoading: isCheckLoading } = useRecordOf('checks', id);
  // The form opens with what was true then and is not overwritten while somebody types; a conflict is told on saving.
  if (isLoading || isCheckLoading || service === null) return null;
  return (
    <EditorForm
      key={service.id}
      service={service}
      initial={draftOf(service, check)}
      secrets={check?.secrets ?? []}
      onClose={onClose}
    />
  );
}

interface FormProps {
  readonly service: Service | null;
  readonly initial: Draft;
  readonly secrets: readonly string[];
  readonly onClose: () => void;
}

function EditorForm({ service, initial, secrets, onClose }: FormProps): ReactNode {
  const [opened] = useState({ draft: initial, base: service?.version });
  const form = useForm(initial, service, secrets);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [tries, setTries] = useState(0);
  const element = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (tries > 0) showFirstError(element.current);
  }, [tries]);
  const { draft, read } = form;

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    form.attempt();
    setProblem(null);
    setTries((n) => n + 1);
    if (!read.ok) return;
    setBusy(true);
    const before = readDraft(opened.draft);
    const failed =
      service === null
        ? await createService(read.body)
        : await patchService(service.id, changesOf(before.ok ? before.body : null, read.body), opened.base);
    setBusy(false);
    if (failed !== null) {
      const found = errorIn(failed.detail || failed.title);
      if (found === null) return setProblem(failed);
      form.attempt({ [found.field]: found.text });
      return setTries((n) => n + 1);
    }
    done(
      service === null ? `${read.body.name} added` : `${read.body.name} saved`,
      service === null && isTargeted(draft.kind) ? 'The first check runs now.' : '',
    );
    onClose();
  };

  return (
    <Dialog
      open
      onClose={onClose}
      title={service === null ? 'Add a service' : `Edit ${service.name}`}
      wide
      footer={
        <>
          <Wrong form={form} isShown={tries > 0} />
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="service-form" tone="primary" busy={busy}>
            {service !== null ? 'Save' : isTargeted(draft.kind) ? 'Add and check now' : 'Add'}
          </Button>
        </>
      }
    >
      <form ref={element} id="service-form" noValidate onSubmit={(event) => void submit(event)} className="space-y-4">
        {service === null && <KindPicker kind={draft.kind} onChange={(kind) => form.set(ofKind(draft, kind))} />}
        <FirstFields form={form} />
        <details className="group border-t pt-3">
          <summary className="cursor-pointer py-1 text-sm font-medium text-muted hover:text-text">
            More settings
          </summary>
          <MoreFields form={form} />
        </details>
        {problem !== null && <ProblemNote problem={problem} />}
      </form>
    </Dialog>
  );
}

/** What everybody answers. */
function FirstFields({ form }: { form: Form }): ReactNode {
  const { draft } = form;
  const kind = kinds[draft.kind];
  return (
    <>
      <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
        <TextField form={form} field="name" label="Name" isFirst maxLength={200} />
        {isTargeted(draft.kind) && (
          <TextField
            form={form}
            field="target"
            label={kind.targetLabel}
            placeholder={kind.targetExample}
            hint={draft.kind === 'mcp' ? 'A URL, or stdio: and a command of the configuration file.' : undefined}
            inputMode="url"
            isCode
          />
        )}
      </div>
      {draft.kind === 'heartbeat' && <HeartbeatFields form={form} />}
      {draft.kind === 'group' && <MembersField form={form} />}
      <ProbeFields form={form} isMain />
      <SecretFields form={form} />
      {isTargeted(draft.kind) && (
        <div className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-4">
          <TextField form={form} field="interval" label="Check every" placeholder="30 s" />
          {draft.kind === 'tls' && (
            <TextField form={form} field="certificateDays" label="Warn below" hint="days left" inputMode="numeric" />
          )}
        </div>
      )}
      {rootsOf(draft.kind).length > 0 && (
        <ConditionsField
          kind={draft.kind}
          label="Must hold"
          hint="Conditions of the answer. One that does not hold makes the service down."
          lines={draft.conditions}
          onChange={(conditions) => form.set({ conditions })}
          hasExamples
        />
      )}
    </>
  );
}

/** How much is left to mend, beside the button that was pressed. */
function Wrong({ form: { read, errorOf }, isShown }: { form: Form; isShown: boolean }): ReactNode {
  if (!isShown || read.ok) return null;
  const n = Object.keys(read.errors).length;
  return (
    <p role="alert" className="mr-auto text-sm text-down">
      {errorOf('form') ?? (n === 1 ? 'One field needs another look.' : `${n} fields need another look.`)}
    </p>
  );
}

/** Goes to the first field that is marked, and unfolds what hides it. */
function showFirstError(form: HTMLFormElement | null): void {
  const field = form?.querySelector<HTMLElement>('[aria-invalid="true"]');
  const fold = field?.closest('details');
  if (fold !== null && fold !== undefined) fold.open = true;
  field?.focus();
}
