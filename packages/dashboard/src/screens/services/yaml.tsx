import { ArrowRight, FileUp, Plus } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { env } from '../../lib/env.ts';
import { count, plural } from '../../lib/format.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { TextArea } from '../../parts/field.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { done } from '../../parts/toast.tsx';
import type { Problem } from '../../rest/request.ts';
import { type ImportLine, importServices } from '../../rest/yaml.ts';

type Plan =
  | { readonly of: string; readonly lines: readonly ImportLine[]; readonly problem: null }
  | { readonly of: string; readonly lines: null; readonly problem: Problem };

// Long enough to type a word, short enough to feel like reading along.
const TYPING_MS = 350;

const EXAMPLE = `services:
  - id: search-api
    name: Search API
    kind: http
    target: https://search.example.com/health
    check:
      intervalMs: 15000
`;

/** Many services from one file: told line by line what would happen before anything is written. */
export default function YamlDialog({ onClose }: { onClose: () => void }): ReactNode {
  const [text, setText] = useState('');
  const [newest, setPlan] = useState<Plan | null>(null);
  const plan = text.trim() === '' ? null : newest;
  const [busy, setBusy] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => {
    if (text.trim() === '') return undefined;
    let isOver = false;
    const cancel = env.after(TYPING_MS, () => {
      void importServices(text, true).then((answer) => {
        // What was typed meanwhile has a question of its own on the way.
        if (!isOver)
          setPlan(
            answer.ok
              ? { of: text, lines: answer.value.lines, problem: null }
              : { of: text, lines: null, problem: answer.problem },
          );
      });
    });
    return () => {
      isOver = true;
      cancel();
    };
  }, [text]);

  const run = async (): Promise<void> => {
    setBusy(true);
    const answer = await importServices(text, false);
    setBusy(false);
    if (!answer.ok) return setPlan({ of: text, lines: null, problem: answer.problem });
    const refused = answer.value.lines.filter((line) => !line.ok);
    if (refused.length > 0) return setPlan({ of: text, lines: answer.value.lines, problem: null });
    done(`${plural(answer.value.lines.length, 'service')} imported`);
    onClose();
  };
  const lines = plan?.lines ?? [];
  const isReady = plan !== null && plan.problem === null && plan.of === text && lines.length > 0;
  return (
    <Dialog
      open
      onClose={onClose}
      wide
      title="Import YAML"
      note="Nothing is written until you import. Services with a known id are updated, the others added."
      footer={
        <>
          <Button className="mr-auto" onClick={() => file.current?.click()}>
            <FileUp aria-hidden /> Choose a file
          </Button>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" busy={busy} disabled={!isReady} onClick={() => void run()}>
            {isReady ? `Import ${plural(lines.length, 'service')}` : 'Import'}
          </Button>
        </>
      }
    >
      <input
        ref={file}
        type="file"
        accept=".yaml,.yml,text/yaml"
        aria-label="YAML file"
        tabIndex={-1}
        className="sr-only"
        onChange={(event) => void event.currentTarget.files?.[0]?.text().then(setText)}
      />
      <label htmlFor={id} className="sr-only">
        YAML
      </label>
      <TextArea
        id={id}
        rows={12}
        value={text}
        placeholder={EXAMPLE}
        aria-describedby={`${id}-plan`}
        aria-invalid={plan?.problem != null}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div id={`${id}-plan`} aria-live="polite" className="mt-3 min-h-24">
        {plan === null ? (
          <p className="text-sm text-muted">Paste or choose a file. What would happen is listed here, line by line.</p>
        ) : plan.problem === null ? (
          <Lines lines={plan.lines} />
        ) : plan.problem.errors.length > 0 ? (
          <Mistakes problem={plan.problem} />
        ) : (
          <ProblemNote problem={plan.problem} />
        )}
      </div>
    </Dialog>
  );
}

function Lines({ lines }: { lines: readonly ImportLine[] }): ReactNode {
  const added = lines.filter((line) => line.action === 'create').length;
  return (
    <>
      <p className="text-sm font-medium">
        {count(added)} to add, {count(lines.length - added)} to update
      </p>
      <ul className="mt-2 max-h-44 overflow-y-auto text-sm">
        {lines.map((line) => (
          <li key={line.line} className="flex h-7 items-center gap-2">
            {line.action === 'create' ? (
              <Plus aria-hidden className="size-3.5 text-up" />
            ) : (
              <ArrowRight aria-hidden className="size-3.5 text-muted" />
            )}
            <span className="w-14 shrink-0 text-muted">line {line.line}</span>
            <code className="code truncate">{line.id || 'new id'}</code>
            <span className={cx('truncate', line.ok ? 'text-muted' : 'text-down')}>
              {line.ok ? (line.action === 'create' ? 'add' : 'update') : (line.message ?? 'refused')}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Mistakes({ problem }: { problem: Problem }): ReactNode {
  return (
    <>
      <p className="text-sm font-medium text-down">{plural(problem.errors.length, 'line')} to correct</p>
      <ul className="mt-2 max-h-44 space-y-1 overflow-y-auto text-sm">
        {problem.errors.map((error, i) => (
          <li key={`${error.path}-${i}`} className="flex gap-2">
            <span className="w-14 shrink-0 text-muted">{error.line === null ? '' : `line ${error.line}`}</span>
            <span className="min-w-0 break-words">{error.message}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
