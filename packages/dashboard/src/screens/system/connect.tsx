/** From a connection over tables and columns to the lines of the configuration. The URL is held by this form alone, and goes with it. */
import { Check, X } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { count, plural } from '../../lib/format.ts';
import { textOf } from '../../lib/form-text.ts';
import { Button } from '../../parts/button.tsx';
import { Copyable } from '../../parts/copy.tsx';
import { Field, Input, Select } from '../../parts/field.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { draft, type DatabaseKind, type Drafted, inspect, type Inspected, type Trouble } from '../../rest/captures.ts';
import { problem as flaw, type Problem } from '../../rest/request.ts';
import { chosenOf, entryOf, type Chosen } from './chosen-table.ts';
import { Outcome } from './outcome.tsx';
import { TableChoice } from './table-choice.tsx';

const EXAMPLES: Readonly<Record<DatabaseKind, string>> = {
  postgres: 'postgres://user:password@host:5432/database',
  mysql: 'mysql://user:password@host:3306/database',
};

interface Place {
  readonly kind: DatabaseKind;
  readonly url: string;
}

export function Connect({ onClose }: { onClose: () => void }): ReactNode {
  const [kind, setKind] = useState<DatabaseKind>('postgres');
  const [looked, setLooked] = useState<{ readonly place: Place; readonly found: Inspected } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const look = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const place = { kind, url: textOf(new FormData(event.currentTarget), 'url') };
    setBusy(true);
    const answer = await inspect(place);
    setBusy(false);
    if (!answer.ok) return setProblem(answer.problem);
    if (answer.value.trouble !== null) return setProblem(troubled(answer.value.trouble));
    setProblem(null);
    setLooked({ place, found: answer.value });
  };
  return (
    <Pane
      title="Connect a database"
      actions={
        <Button size="small" tone="ghost" onClick={onClose}>
          Close
        </Button>
      }
    >
      <form onSubmit={(event) => void look(event)} className="grid gap-x-4 gap-y-2 p-4 sm:grid-cols-[12rem_1fr_auto]">
        <Field label="Database">
          {(ids) => (
            <Select
              {...ids}
              value={kind}
              onChange={(event) => {
                setKind(event.currentTarget.value === 'mysql' ? 'mysql' : 'postgres');
                setLooked(null);
              }}
            >
              <option value="postgres">PostgreSQL</option>
              <option value="mysql">MySQL or MariaDB</option>
            </Select>
          )}
        </Field>
        <Field label="Connection" hint="Used for this look, and kept nowhere. A user that may only read is enough.">
          {(ids) => <Input {...ids} name="url" type="password" required isFirst placeholder={EXAMPLES[kind]} />}
        </Field>
        <div className="sm:pt-6.5">
          <Button type="submit" tone={looked === null ? 'primary' : 'plain'} busy={busy} className="h-9 max-sm:w-full">
            Look
          </Button>
        </div>
        {problem !== null && <ProblemNote problem={problem} className="sm:col-span-3" />}
      </form>
      {looked !== null && <Choices key={looked.found.database + looked.found.version} {...looked} />}
    </Pane>
  );
}

function Choices({ place, found }: { place: Place; found: Inspected }): ReactNode {
  const [mode, setMode] = useState(found.mode);
  const [id, setId] = useState(idOf(found.database));
  const [chosen, setChosen] = useState<ReadonlyMap<string, Chosen>>(new Map());
  const [drafted, setDrafted] = useState<Drafted | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const choose = (table: string, to: Chosen | null): void => {
    const next = new Map(chosen);
    if (to === null) next.delete(table);
    else next.set(table, to);
    setChosen(next);
    setDrafted(null);
  };
  const preview = async (): Promise<void> => {
    if (chosen.size === 0) return setProblem(flaw('bad_field', 'No table is chosen', 'Choose one above'));
    setBusy(true);
    const tables = [...chosen].map(([table, each]) => entryOf(table, each, mode));
    const answer = await draft(place, { id, mode, tables });
    setBusy(false);
    if (!answer.ok) return setProblem(answer.problem);
    setProblem(answer.value.trouble === null ? null : troubled(answer.value.trouble));
    setDrafted(answer.value);
  };
  return (
    <>
      <section className="border-t p-4">
        <h3 className="font-medium">
          {found.version} · {found.database} · as {found.user}
        </h3>
        {found.conditions.length > 0 && <Conditions found={found} mode={mode} />}
        <div className="mt-3 grid gap-x-4 gap-y-2 sm:grid-cols-[12rem_1fr]">
          <Field label="Name of the capture" hint="Small letters, digits and dashes.">
            {(ids) => (
              <Input
                {...ids}
                value={id}
                onChange={(event) => {
                  setId(event.currentTarget.value);
                  setDrafted(null);
                }}
              />
            )}
          </Field>
          {place.kind === 'postgres' && (
            <Field
              label="How it is followed"
              hint="Its log tells every change at once. Asking needs no more than the right to read, and misses what is between two looks."
            >
              {(ids) => (
                <Select
                  {...ids}
                  value={mode}
                  onChange={(event) => {
                    setMode(event.currentTarget.value === 'poll' ? 'poll' : 'stream');
                    setDrafted(null);
                  }}
                >
                  <option value="stream">By its log</option>
                  <option value="poll">By asking every 2 s</option>
                </Select>
              )}
            </Field>
          )}
        </div>
      </section>
      <section className="border-t">
        <h3 className="px-4 pt-3 pb-1 font-medium">
          {plural(found.tables.length, 'table')}
          {found.isCut && <span className="ml-2 text-sm font-normal text-muted">and more that are not shown</span>}
        </h3>
        <ul className="max-h-128 divide-y overflow-y-auto" aria-label="Tables">
          {found.tables.map((table) => (
            <TableChoice
              key={table.table}
              found={table}
              mode={mode}
              chosen={chosen.get(table.table) ?? null}
              onChange={(to) => choose(table.table, to)}
              onChoose={(is) => choose(table.table, is ? chosenOf(table) : null)}
            />
          ))}
        </ul>
      </section>
      <section className="space-y-3 border-t p-4">
        <div className="flex flex-wrap items-center gap-3">
          <Button tone={drafted === null ? 'primary' : 'plain'} busy={busy} onClick={() => void preview()}>
            {drafted === null ? 'Preview' : 'Check again'}
          </Button>
          <span className="text-sm text-muted">
            {chosen.size === 0 ? 'Choose the tables whose rows are to be records.' : `${count(chosen.size)} chosen`}
          </span>
        </div>
        {problem !== null && <ProblemNote problem={problem} />}
        {drafted !== null && <Outcome drafted={drafted} />}
      </section>
    </>
  );
}

function Conditions({ found, mode }: { found: Inspected; mode: 'poll' | 'stream' }): ReactNode {
  return (
    <ul className="mt-2 space-y-1.5 text-sm" aria-label="What following its log needs">
      {found.conditions.map(({ is, text, sql }) => (
        <li key={text}>
          <span className="flex items-center gap-2">
            {is ? (
              <Check aria-label="is so" className="size-4 shrink-0 text-up" />
            ) : (
              <X
                aria-label="is not so"
                className={cx('size-4 shrink-0', mode === 'stream' ? 'text-down' : 'text-muted')}
              />
            )}
            {text}
          </span>
          {sql !== null && mode === 'stream' && <Copyable text={sql} className="mt-1 ml-6" />}
        </li>
      ))}
    </ul>
  );
}

function troubled({ code, text }: Trouble): Problem {
  return flaw(code, text, '');
}

function idOf(database: string): string {
  const id = database
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, '-')
    .replaceAll(/^-+|-+$/gu, '')
    .slice(0, 32);
  return id === '' ? 'main' : id;
}
