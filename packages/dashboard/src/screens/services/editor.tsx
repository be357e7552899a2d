import type { Service } from '@statewire/model';
import { type FormEvent, type ReactNode, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { kindNames, kinds } from '../../lib/kinds.ts';
import { createService, patchService } from '../../live/command.ts';
import { useRecordOf } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Copyable } from '../../parts/copy.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field, Input, Select, Switch, TextArea } from '../../parts/field.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { done } from '../../parts/toast.tsx';
import type { Problem } from '../../rest/request.ts';
import { type Draft, draftOf, emptyDraft, type Errors, readDraft } from './form.ts';

/** Adds a service, or changes one. Told while typing what is wrong, by the same rules the server has. */
export default function Editor({ id, onClose }: { id: string | null; onClose: () => void }): ReactNode {
  if (id === null)
    return <EditorForm key="new" service={null} initial={emptyDraft} base={undefined} onClose={onClose} />;
  return <LoadedEditor id={id} onClose={onClose} />;
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
      base={service.version}
      secrets={check?.secrets ?? []}
      onClose={onClose}
    />
  );
}

interface FormProps {
  readonly service: Service | null;
  readonly initial: Draft;
  readonly base: number | undefined;
  readonly secrets?: readonly string[];
  readonly onClose: () => void;
}

function EditorForm({ service, initial, base, secrets = [], onClose }: FormProps): ReactNode {
  const [draft, setDraft] = useState(initial);
  const [firstBase] = useState(base);
  const [touched, setTouched] = useState<ReadonlySet<keyof Draft>>(new Set());
  const [isTried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const isNew = service === null;
  const read = readDraft(draft);
  const all: Errors = read.ok ? {} : read.errors;
  const errorOf = (field: keyof Draft): string | undefined => (isTried || touched.has(field) ? all[field] : undefined);
  const set = <K extends keyof Draft>(field: K, value: Draft[K]): void =>
    setDraft((before) => ({ ...before, [field]: value }));
  const bind = (
    field: keyof Draft,
  ): { value: string; onChange: (event: { currentTarget: { value: string } }) => void; onBlur: () => void } => ({
    value: String(draft[field]),
    onChange: ({ currentTarget: { value } }) => setDraft((before) => ({ ...before, [field]: value })),
    onBlur: () => setTouched((before) => new Set(before).add(field)),
  });

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setTried(true);
    if (!read.ok) return;
    setBusy(true);
    const { id: _, kind, ...rest } = read.body;
    const failed = isNew ? await createService(read.body) : await patchService(service.id, rest, firstBase);
    setBusy(false);
    if (failed !== null) return setProblem(failed);
    done(
      isNew ? `${read.body.name} added` : `${read.body.name} saved`,
      isNew && kind !== 'heartbeat' ? 'The first check runs now.' : '',
    );
    onClose();
  };

  const kind = kinds[draft.kind];
  const isProbe = draft.kind !== 'heartbeat';
  return (
    <Dialog
      open
      onClose={onClose}
      title={isNew ? 'Add a service' : `Edit ${service.name}`}
      wide
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="service-form" tone="primary" busy={busy}>
            {isNew ? 'Add and check now' : 'Save'}
          </Button>
        </>
      }
    >
      <form id="service-form" noValidate onSubmit={(event) => void submit(event)} className="space-y-3">
        {isNew && (
          <fieldset className="mb-4">
            <legend className="mb-1.5 text-sm font-medium">What is it?</legend>
            <div className="grid grid-cols-2 gap-2 sm:grid-cols-5">
              {kindNames.map((option) => {
                const { icon: Icon, title } = kinds[option];
                return (
                  <label
                    key={option}
                    className={cx(
                      'flex cursor-pointer items-center gap-2 rounded-control border px-3 py-2.5 text-sm has-focus-visible:outline-2 has-focus-visible:outline-accent sm:flex-col sm:items-start',
                      draft.kind === option ? 'border-accent bg-accent-soft' : 'hover:bg-hover',
                    )}
                  >
                    <input
                      type="radio"
                      name="kind"
                      value={option}
                      checked={draft.kind === option}
                      onChange={() => set('kind', option)}
                      className="sr-only"
                    />
                    <Icon aria-hidden className={cx('size-4', draft.kind === option ? 'text-accent' : 'text-muted')} />
                    {title}
                  </label>
                );
              })}
            </div>
          </fieldset>
        )}
        <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
          <Field label="Name" error={errorOf('name')}>
            {(ids) => <Input {...ids} {...bind('name')} isFirst maxLength={200} />}
          </Field>
          <Field
            label="Id"
            hint={isNew ? 'Made for you when empty. It never changes.' : 'An id never changes.'}
            error={errorOf('id')}
          >
            {(ids) => <Input {...ids} {...bind('id')} className="code" readOnly={!isNew} placeholder="search-api" />}
          </Field>
        </div>
        {isProbe ? (
          <Field
            label={kind.targetLabel}
            error={errorOf('target')}
            hint={
              draft.kind === 'mcp'
                ? 'A URL, or stdio: and the name of a command from the server’s configuration file.'
                : `For example ${kind.targetExample}`
            }
          >
            {(ids) => (
              <Input {...ids} {...bind('target')} className="code" placeholder={kind.targetExample} inputMode="url" />
            )}
          </Field>
        ) : (
          <div className="mb-4">
            <p className="mb-1.5 text-sm font-medium">Where it calls</p>
            <Copyable
              text={`curl -fsS -H "Authorization: Bearer $STATEWIRE_KEY" ${location.origin}/v1/heartbeats/${draft.id.trim() || '<id>'}`}
            />
          </div>
        )}
        <div className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-4">
          <Field label={isProbe ? 'Check every' : 'Expected every'} hint="seconds" error={errorOf('interval')}>
            {(ids) => <Input {...ids} {...bind('interval')} inputMode="decimal" />}
          </Field>
          {isProbe ? (
            <>
              <Field label="Time out after" hint="seconds" error={errorOf('timeout')}>
                {(ids) => <Input {...ids} {...bind('timeout')} inputMode="decimal" />}
              </Field>
              <Field label="Down after" hint="failures in a row" error={errorOf('failAfter')}>
                {(ids) => <Input {...ids} {...bind('failAfter')} inputMode="numeric" />}
              </Field>
              <Field label="Up after" hint="successes in a row" error={errorOf('recoverAfter')}>
                {(ids) => <Input {...ids} {...bind('recoverAfter')} inputMode="numeric" />}
              </Field>
            </>
          ) : (
            <Field label="Grace" hint="seconds; half the period when empty" error={errorOf('grace')}>
              {(ids) => <Input {...ids} {...bind('grace')} inputMode="decimal" />}
            </Field>
          )}
        </div>
        <details className="group pt-1">
          <summary className="cursor-pointer py-1 text-sm font-medium text-muted hover:text-text">
            More settings
          </summary>
          <div className="space-y-3 pt-3">
            {draft.kind === 'mcp' && (
              <>
                <Field
                  label="Session"
                  hint="Holding notices a killed server at once; a fresh session per check tests signing in each time."
                >
                  {(ids) => (
                    <Select
                      {...ids}
                      value={draft.mode}
                      onChange={(event) => set('mode', event.currentTarget.value === 'fresh' ? 'fresh' : 'hold')}
                    >
                      <option value="hold">Hold one session open</option>
                      <option value="fresh">Open and close one per check</option>
                    </Select>
                  )}
                </Field>
                <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
                  <Field
                    label="Canary tool"
                    hint="A read-only tool to call at each check."
                    error={errorOf('canaryTool')}
                  >
                    {(ids) => <Input {...ids} {...bind('canaryTool')} className="code" />}
                  </Field>
                  <Field label="Canary arguments" hint="JSON" error={errorOf('canaryArgs')}>
                    {(ids) => <TextArea {...ids} {...bind('canaryArgs')} rows={1} placeholder="{}" />}
                  </Field>
                </div>
              </>
            )}
            {draft.kind === 'http' && (
              <>
                <div className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-3">
                  <Field label="Method">
                    {(ids) => (
                      <Select
                        {...ids}
                        value={draft.method}
                        onChange={(event) => set('method', methodOf(event.currentTarget.value))}
                      >
                        <option>GET</option>
                        <option>HEAD</option>
                        <option>POST</option>
                      </Select>
                    )}
                  </Field>
                  <Field label="Good status" hint="200-299, 304" error={errorOf('expectStatus')}>
                    {(ids) => <Input {...ids} {...bind('expectStatus')} className="code" />}
                  </Field>
                  <Field label="Must contain" hint="Text in the body." error={errorOf('keyword')}>
                    {(ids) => <Input {...ids} {...bind('keyword')} />}
                  </Field>
                </div>
                <Switch
                  label="Follow redirects"
                  checked={draft.followRedirects}
                  onChange={(checked) => set('followRedirects', checked)}
                />
              </>
            )}
            {isProbe && (
              <div className="grid grid-cols-2 gap-x-4 gap-y-3">
                <Field
                  label="Degraded above"
                  hint="ms at the 95th percentile; never when empty"
                  error={errorOf('degradedMs')}
                >
                  {(ids) => <Input {...ids} {...bind('degradedMs')} inputMode="numeric" />}
                </Field>
                {draft.kind === 'tls' && (
                  <Field label="Warn below" hint="days left" error={errorOf('certificateDays')}>
                    {(ids) => <Input {...ids} {...bind('certificateDays')} inputMode="numeric" />}
                  </Field>
                )}
              </div>
            )}
            {(draft.kind === 'mcp' || draft.kind === 'http') && (
              <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
                <Field label="Headers" hint="One “Name: value” per line." error={errorOf('headers')}>
                  {(ids) => <TextArea {...ids} {...bind('headers')} rows={2} />}
                </Field>
                <Field
                  label="Secret headers"
                  hint={
                    secrets.length === 0
                      ? 'Stored apart and never shown again.'
                      : `Set: ${secrets.join(', ')}. Empty leaves them.`
                  }
                  error={errorOf('secretHeaders')}
                >
                  {(ids) => (
                    <TextArea {...ids} {...bind('secretHeaders')} rows={2} placeholder="Authorization: Bearer …" />
                  )}
                </Field>
              </div>
            )}
            <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
              <Field label="Group" error={errorOf('group')}>
                {(ids) => <Input {...ids} {...bind('group')} />}
              </Field>
              <Field label="Description" error={errorOf('description')}>
                {(ids) => <Input {...ids} {...bind('description')} />}
              </Field>
            </div>
            <Field label="Labels" hint="One key=value per line." error={errorOf('labels')}>
              {(ids) => <TextArea {...ids} {...bind('labels')} rows={2} placeholder="env=prod" />}
            </Field>
          </div>
        </details>
        {isTried && !read.ok && (
          <p role="alert" className="pt-2 text-sm text-down">
            {Object.keys(all).length === 1
              ? 'One field needs another look.'
              : `${Object.keys(all).length} fields need another look.`}
          </p>
        )}
        {problem !== null && <ProblemNote problem={problem} className="mt-3" />}
      </form>
    </Dialog>
  );
}

function methodOf(value: string): Draft['method'] {
  return value === 'HEAD' || value === 'POST' ? value : 'GET';
}
