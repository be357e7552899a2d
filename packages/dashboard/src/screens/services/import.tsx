import { FileUp } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { env } from '../../lib/env.ts';
import { plural } from '../../lib/format.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field, Select, TextArea } from '../../parts/field.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { done } from '../../parts/toast.tsx';
import { importFrom, importServices, type ImportLine, type Taken } from '../../rest/import.ts';
import { type Answer, type Problem, problem } from '../../rest/request.ts';
import { formatOf, type ImportFormat, importFormats, isDatabase } from './import-format.ts';
import { Lines, Mistakes, TakenLines } from './import-plan.tsx';

type Outcome =
  | { readonly is: 'lines'; readonly lines: readonly ImportLine[] }
  | { readonly is: 'taken'; readonly taken: Taken }
  | { readonly is: 'problem'; readonly problem: Problem };

interface Plan {
  /** What was asked about: an older answer is no plan for a newer text. */
  readonly of: string;
  readonly isDone: boolean;
  readonly outcome: Outcome;
}

// Long enough to type a word, short enough to feel like reading along.
const TYPING_MS = 350;
const FORMATS = ['statewire', 'uptime-kuma', 'gatus'] as const;

/** Many services from one file: told thing by thing what would happen before anything is written. */
export default function ImportDialog({ onClose }: { onClose: () => void }): ReactNode {
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<ImportFormat>('statewire');
  const [newest, setPlan] = useState<Plan | null>(null);
  const [busy, setBusy] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const id = useId();
  const plan = text.trim() === '' ? null : newest;
  const key = `${chosen}\n${text}`;
  useEffect(() => {
    if (text.trim() === '') return undefined;
    let isOver = false;
    const cancel = env.after(TYPING_MS, () => {
      void ask(chosen, text, true).then((outcome) => {
        // What was typed meanwhile has a question of its own on the way.
        if (!isOver) setPlan({ of: `${chosen}\n${text}`, isDone: false, outcome });
      });
    });
    return () => {
      isOver = true;
      cancel();
    };
  }, [chosen, text]);

  const write = (next: string): void => {
    setText(next);
    setChosen(formatOf(next) ?? chosen);
  };
  const run = async (): Promise<void> => {
    setBusy(true);
    const outcome = await ask(chosen, text, false);
    setBusy(false);
    if (outcome.is === 'problem' || refusedIn(outcome) > 0) return setPlan({ of: key, isDone: true, outcome });
    done(`${thingsOf(outcome)} imported`);
    onClose();
  };
  const isFresh = plan !== null && plan.of === key;
  const n = isFresh && !plan.isDone ? countOf(plan.outcome) : 0;
  const { hint, example, accept } = importFormats[chosen];
  return (
    <Dialog
      open
      onClose={onClose}
      wide
      title="Import"
      note="Nothing is written until you import. The same file again changes the same records."
      footer={
        <>
          <Button className="mr-auto" onClick={() => file.current?.click()}>
            <FileUp aria-hidden /> Choose a file
          </Button>
          <Button onClick={onClose}>{plan?.isDone === true ? 'Close' : 'Cancel'}</Button>
          <Button tone="primary" busy={busy} disabled={n === 0} onClick={() => void run()}>
            {isFresh && n > 0 ? `Import ${thingsOf(plan.outcome)}` : 'Import'}
          </Button>
        </>
      }
    >
      <input
        ref={file}
        type="file"
        accept={`${accept},.yaml,.yml,.json,.db`}
        aria-label="File"
        tabIndex={-1}
        className="sr-only"
        onChange={(event) => void event.currentTarget.files?.[0]?.text().then(write)}
      />
      <Field label="From" hint={hint}>
        {(ids) => (
          <Select
            {...ids}
            value={chosen}
            onChange={(event) => setChosen(FORMATS.find((each) => each === event.currentTarget.value) ?? chosen)}
          >
            {FORMATS.map((format) => (
              <option key={format} value={format}>
                {importFormats[format].title}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <label htmlFor={id} className="sr-only">
        Content of the file
      </label>
      <TextArea
        id={id}
        rows={10}
        className="mt-3"
        value={isDatabase(text) ? '' : text}
        placeholder={example}
        aria-describedby={`${id}-plan`}
        aria-invalid={plan?.outcome.is === 'problem'}
        onChange={(event) => write(event.currentTarget.value)}
      />
      <div id={`${id}-plan`} aria-live="polite" className="mt-3 min-h-24">
        {plan === null ? (
          <p className="text-sm text-muted">Paste or choose a file. What would happen is listed here, line by line.</p>
        ) : (
          <Shown plan={plan} />
        )}
      </div>
    </Dialog>
  );
}

function Shown({ plan: { outcome, isDone } }: { plan: Plan }): ReactNode {
  if (outcome.is === 'lines') return <Lines lines={outcome.lines} />;
  if (outcome.is === 'taken') return <TakenLines taken={outcome.taken} isDone={isDone} />;
  if (outcome.problem.errors.length > 0) return <Mistakes problem={outcome.problem} />;
  return <ProblemNote problem={outcome.problem} />;
}

async function ask(format: ImportFormat, text: string, isDry: boolean): Promise<Outcome> {
  if (isDatabase(text))
    return {
      is: 'problem',
      problem: problem(
        'database',
        'This is a database',
        'A kuma.db is read by the command line: statewire import kuma.db --dry-run',
      ),
    };
  if (format === 'statewire')
    return outcomeOf(await importServices(text, isDry), ({ lines }) => ({ is: 'lines', lines }));
  return outcomeOf(await importFrom(format, text, isDry), (taken) => ({ is: 'taken', taken }));
}

function outcomeOf<T>(answer: Answer<T>, shown: (value: T) => Outcome): Outcome {
  return answer.ok ? shown(answer.value) : { is: 'problem', problem: answer.problem };
}

function linesOf(outcome: Outcome): readonly { readonly ok: boolean }[] {
  return outcome.is === 'lines' ? outcome.lines : outcome.is === 'taken' ? outcome.taken.taken : [];
}

function countOf(outcome: Outcome): number {
  return linesOf(outcome).length;
}

function refusedIn(outcome: Outcome): number {
  return linesOf(outcome).filter(({ ok }) => !ok).length;
}

function thingsOf(outcome: Outcome): string {
  const n = countOf(outcome);
  const isServices = outcome.is === 'lines' || (outcome.is === 'taken' && outcome.taken.taken.every(isService));
  return plural(n, isServices ? 'service' : 'record');
}

function isService({ collection }: { readonly collection: string }): boolean {
  return collection === 'services';
}
