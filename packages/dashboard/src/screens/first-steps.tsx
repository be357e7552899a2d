import { Link, useNavigate } from '@tanstack/react-router';
import { ArrowRight, FileUp } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { cx } from '../lib/cx.ts';
import { kinds } from '../lib/kinds.ts';
import { textOf } from '../lib/form-text.ts';
import { patchService, recheck, remove } from '../live/command.ts';
import { useRecordOf } from '../live/rows.ts';
import { Button, buttonClass } from '../parts/button.tsx';
import { Field, Input } from '../parts/field.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Bone } from '../parts/skeleton.tsx';
import { Badge, lookOf } from '../parts/status.tsx';
import { problem as made, request, type Problem } from '../rest/request.ts';
import { reasonOf } from './overview.tsx';
import { guessOf } from './services/guess.ts';
import { readDraft } from './services/read.ts';

const STEPS = ['Paste an address', 'See what it answers', 'Name it'] as const;

/**
 * From nothing to the first live service: an address is pasted, it is checked at once and says why, it gets a name, and its page
 * opens. What is shown in the second step is the record itself; `trying` is its id, kept by the page, which is empty no more.
 */
export default function FirstSteps({
  trying,
  onTry,
}: {
  trying: string | null;
  onTry: (id: string | null) => void;
}): ReactNode {
  const step = trying === null ? 0 : 1;
  return (
    <section aria-label="First steps" className="pane mx-auto max-w-2xl px-5 py-6 sm:px-8">
      <ol className="mb-6 flex flex-wrap gap-x-5 gap-y-1 text-sm">
        {STEPS.map((title, i) => (
          <li
            key={title}
            aria-current={i === step ? 'step' : undefined}
            className={cx('flex items-center gap-2', i === step ? 'font-medium' : 'text-muted')}
          >
            <span
              className={cx(
                'flex size-5 items-center justify-center rounded-full text-xs tabular-nums',
                i <= step ? 'bg-accent text-accent-ink' : 'bg-sunken',
              )}
            >
              {i + 1}
            </span>
            {title}
          </li>
        ))}
      </ol>
      {trying === null ? <Paste onTry={onTry} /> : <Result id={trying} onTry={onTry} />}
    </section>
  );
}

function Paste({ onTry }: { onTry: (id: string) => void }): ReactNode {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const guess = text.trim() === '' ? null : guessOf(text);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (guess === null) return;
    if (isCommand(text)) {
      return setProblem({
        ...made('bad_field', 'Commands are named in the configuration file', 'A command is not run from here.'),
        next: 'Name it under `commands` in statewire.yaml, then paste stdio: and that name',
      });
    }
    const read = readDraft(guess);
    if (!read.ok) {
      return setProblem(made('bad_field', 'That is no address', Object.values(read.errors)[0] ?? ''));
    }
    setBusy(true);
    const answer = await request<{ readonly id: string }>('/v1/services', { method: 'POST', body: read.body });
    setBusy(false);
    if (answer.ok) onTry(answer.value.id);
    else setProblem(answer.problem);
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="space-y-4">
      <Field
        label="Address of an MCP server, or anything else"
        hint={
          guess === null
            ? 'A URL, host:port, a name, or stdio: and a command of the configuration file.'
            : `${kinds[guess.kind].title}, checked now and every 30 s.`
        }
      >
        {(ids) => (
          <Input
            {...ids}
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
              setProblem(null);
            }}
            isFirst
            inputMode="url"
            placeholder="https://example.com/mcp"
            className="code h-11"
          />
        )}
      </Field>
      {problem !== null && <ProblemNote problem={problem} />}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" tone="primary" busy={busy} disabled={guess === null}>
          Try it <ArrowRight aria-hidden />
        </Button>
        <Link to="/services" search={{ import: true }} className={buttonClass()}>
          <FileUp aria-hidden /> Import from a file
        </Link>
        <Link to="/services" search={{ add: true }} className={buttonClass({ tone: 'ghost' })}>
          All settings
        </Link>
      </div>
    </form>
  );
}

function Result({ id, onTry }: { id: string; onTry: (id: string | null) => void }): ReactNode {
  const { row, isLoading } = useRecordOf('services', id);
  const navigate = useNavigate();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  if (row === null) return isLoading ? <Bone className="h-40 w-full" /> : <Paste onTry={onTry} />;
  const look = lookOf(row);
  // The first look says why already; that it is believed takes some more.
  const failing = row.status === 'up' ? undefined : Object.values(row.facts).find(({ v }) => v === 'fail');
  const isWaiting = row.status === 'pending' && row.suspect === null;
  const finish = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const name = textOf(new FormData(event.currentTarget), 'name');
    setBusy(true);
    const failed = name === row.name ? null : await patchService(id, { name }, undefined);
    setBusy(false);
    setProblem(failed);
    if (failed !== null) return;
    await navigate({ to: '/services/$id', params: { id } });
  };
  const again = async (): Promise<void> => {
    const failed = await remove('services', [id]);
    setProblem(failed);
    if (failed === null) onTry(null);
  };
  return (
    <form onSubmit={(event) => void finish(event)} className="space-y-4">
      <output className="block rounded-card bg-sunken px-4 py-3">
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <Badge look={look} />
          <span className="min-w-0 flex-1 break-words">
            {isWaiting ? 'Asking it now' : (failing?.text ?? (reasonOf(row) || 'It answers.'))}
          </span>
          {row.latencyMs !== null && <span className="text-sm text-muted">{Math.round(row.latencyMs)} ms</span>}
        </span>
        <span className="code mt-1 block truncate text-xs text-muted">{row.target}</span>
      </output>
      <Field label="Name" hint="As people will look for it.">
        {(ids) => <Input {...ids} name="name" required maxLength={200} defaultValue={row.name} isFirst />}
      </Field>
      {problem !== null && <ProblemNote problem={problem} />}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" tone="primary" busy={busy}>
          Keep it <ArrowRight aria-hidden />
        </Button>
        {!isWaiting && row.status !== 'up' && <Button onClick={() => void recheck(row)}>Ask again</Button>}
        <Button tone="ghost" onClick={() => void again()}>
          Take another address
        </Button>
      </div>
    </form>
  );
}

/** Somebody pasted what starts a server, and not where one is. */
function isCommand(text: string): boolean {
  return !text.trim().startsWith('stdio:') && /^(?:npx|uvx|node|python3?|docker|deno|bunx)\s/u.test(text.trim());
}
