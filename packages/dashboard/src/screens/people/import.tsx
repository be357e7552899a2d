import { FileUp } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { count } from '../../lib/format.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { done } from '../../parts/toast.tsx';
import { type ImportAnswer, importPeople } from '../../rest/bulk.ts';
import type { Problem } from '../../rest/request.ts';
import type { People } from './fields.ts';

interface File {
  readonly name: string;
  readonly text: string;
  readonly format: 'csv' | 'jsonl';
}

/** Takes customers or users from a file: first what would happen, line by line, then it is done. */
export function ImportPeople({ collection, onClose }: { collection: People; onClose: () => void }): ReactNode {
  const [file, setFile] = useState<File | null>(null);
  const [plan, setPlan] = useState<ImportAnswer | null>(null);
  const [failed, setFailed] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const ask = async (from: File, dryRun: boolean): Promise<void> => {
    setBusy(true);
    const answer = await importPeople(collection, from, dryRun);
    setBusy(false);
    setFailed(answer.ok ? null : answer.problem);
    if (!answer.ok) return setPlan(null);
    if (dryRun) return setPlan(answer.value);
    const { create, update, failed: refused } = answer.value;
    done(
      `${count(create)} made, ${count(update)} changed`,
      refused === 0 ? '' : `${count(refused)} lines were refused`,
    );
    onClose();
  };
  const pick = async (picked: globalThis.File | undefined): Promise<void> => {
    if (picked === undefined) return;
    const next: File = {
      name: picked.name,
      text: await picked.text(),
      format: /\.csv$/iu.test(picked.name) ? 'csv' : 'jsonl',
    };
    setFile(next);
    await ask(next, true);
  };
  const takes = plan === null ? 0 : plan.create + plan.update;
  return (
    <Dialog
      open
      onClose={onClose}
      wide
      title={`Import ${collection}`}
      note="CSV with a first line that names the fields, or JSON lines. Who is known by id or externalId is changed."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            tone="primary"
            busy={busy}
            disabled={file === null || takes === 0}
            onClick={() => file !== null && void ask(file, false)}
          >
            {takes === 0 ? 'Import' : `Import ${count(takes)}`}
          </Button>
        </>
      }
    >
      <label className="flex min-h-24 cursor-pointer flex-col items-center justify-center gap-2 rounded-card border border-dashed px-4 py-6 text-sm text-muted hover:bg-hover has-focus-visible:outline-2">
        <FileUp aria-hidden className="size-5" />
        {file === null ? 'Choose a file' : file.name}
        <input
          type="file"
          accept=".csv,.jsonl,.ndjson,.json,text/csv"
          className="sr-only"
          onChange={(event) => void pick(event.currentTarget.files?.[0])}
        />
      </label>
      {failed !== null && <ProblemNote problem={failed} className="mt-4" />}
      {plan !== null && <Plan plan={plan} />}
    </Dialog>
  );
}

function Plan({ plan }: { plan: ImportAnswer }): ReactNode {
  const { lines, create, update, keep, failed, errors } = plan;
  return (
    <div className="mt-4 space-y-3 text-sm">
      <p>
        {count(lines)} lines: {count(create)} new, {count(update)} changed, {count(keep)} as they are
        {failed > 0 && <span className="text-down">, {count(failed)} that cannot be taken</span>}.
      </p>
      {errors.length > 0 && (
        <ul className="max-h-56 divide-y overflow-y-auto rounded-card border">
          {errors.map(({ line, message }) => (
            <li key={line} className="flex gap-3 px-3 py-2">
              <span className="w-16 shrink-0 text-muted">Line {line}</span>
              <span className="min-w-0 break-words">{message}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
