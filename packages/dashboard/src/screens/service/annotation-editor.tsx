import type { Service } from '@statewire/model';
import { type ReactNode, useState } from 'react';
import { serverNow } from '../../lib/ticker.ts';
import { save } from '../../live/command.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field, TextArea } from '../../parts/field.tsx';
import { InstantField } from '../../parts/instant-field.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import type { Problem } from '../../rest/request.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

interface Props {
  readonly row: Pick<Service, 'id' | 'name'>;
  readonly of?: string;
  readonly kind: 'note' | 'exclude';
  readonly onClose: () => void;
}

/** Says something about a moment of a service's past, or takes a stretch of it out of its uptime. */
export function AnnotationEditor({ row, of = 'services', kind, onClose }: Props): ReactNode {
  const isNote = kind === 'note';
  const [text, setText] = useState('');
  const [from, setFrom] = useState<number | null>(() => Math.round(serverNow()) - (isNote ? 0 : HOUR_MS));
  const [to, setTo] = useState<number | null>(() => Math.round(serverNow()));
  const [isTried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const flaw =
    from === null || to === null ? 'Choose when' : !isNote && to <= from ? 'It ends before it begins' : undefined;
  const isEmpty = text.trim() === '';
  const submit = async (): Promise<void> => {
    setTried(true);
    if (from === null || to === null || flaw !== undefined || isEmpty) return;
    setBusy(true);
    const failed = await save('annotations', null, {
      subject: `${of}/${row.id}`,
      kind,
      from,
      // A note is about a moment; the minute it lies in is its stretch.
      to: isNote ? from + MINUTE_MS : to,
      text: text.trim(),
    });
    setBusy(false);
    if (failed === null) onClose();
    else setProblem(failed);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={isNote ? `Note on ${row.name}` : `Exclude a span of ${row.name}`}
      note={
        isNote
          ? 'Stands in the timeline. It changes no number.'
          : 'The time between counts neither for nor against its uptime, as if nothing was known. The numbers are worked out again.'
      }
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" busy={busy} onClick={() => void submit()}>
            {isNote ? 'Add note' : 'Exclude it'}
          </Button>
        </>
      }
    >
      <div className="space-y-3">
        <Field
          label={isNote ? 'What is to be known' : 'Why it does not count'}
          error={isTried && isEmpty ? 'Say it in a few words' : undefined}
        >
          {(ids) => (
            <TextArea
              {...ids}
              // oxlint-disable-next-line jsx-a11y/no-autofocus -- the dialog is this form.
              autoFocus
              rows={3}
              maxLength={2000}
              className="font-sans text-sm"
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
          )}
        </Field>
        <div className="grid gap-3 sm:grid-cols-2">
          <InstantField
            label={isNote ? 'When' : 'From'}
            value={from}
            onChange={setFrom}
            error={isTried ? flaw : undefined}
          />
          {!isNote && <InstantField label="To" value={to} onChange={setTo} />}
        </div>
        {problem !== null && <ProblemNote problem={problem} />}
      </div>
    </Dialog>
  );
}
