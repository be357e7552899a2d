import type { ServiceKind } from '@statewire/model';
import { Plus, X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { Button } from '../../parts/button.tsx';
import { Input } from '../../parts/field.tsx';
import { conditionFlaw, examplesOf, excerptOf } from './condition.ts';

interface Props {
  readonly kind: ServiceKind;
  readonly label: string;
  readonly hint: string;
  readonly lines: readonly string[];
  readonly onChange: (lines: readonly string[]) => void;
  readonly hasExamples?: boolean;
}

// Letter by letter: a mark that joins two of them would move the columns.
const PLAIN = 'code [font-variant-ligatures:none]';
// The model takes as many.
const LINES_MAX = 16;

/** Conditions, one line each, read while they are typed. Enter makes the next line; an empty one goes with Backspace. */
export function ConditionsField({ kind, label, hint, lines, onChange, hasExamples = false }: Props): ReactNode {
  const list = useRef<HTMLUListElement>(null);
  // Which line takes the focus: only one that somebody just asked for.
  const [asked, setAsked] = useState<{ readonly at: number } | null>(null);
  useEffect(() => {
    if (asked !== null) list.current?.querySelectorAll('input')[asked.at]?.focus();
  }, [asked]);
  const id = useId();
  const put = (at: number, removed: number, ...added: readonly string[]): void => {
    onChange([...lines.slice(0, at), ...added, ...lines.slice(at + removed)]);
  };
  const insert = (at: number, text: string = ''): void => {
    if (lines.length >= LINES_MAX) return;
    put(at, 0, text);
    setAsked({ at });
  };
  const remove = (at: number): void => {
    put(at, 1);
    setAsked({ at: Math.max(0, at - 1) });
  };
  const examples = examplesOf(kind).filter((example) => !lines.includes(example));
  return (
    <fieldset className="min-w-0">
      <legend className="text-sm font-medium">{label}</legend>
      <p id={`${id}-hint`} className="mt-0.5 text-xs text-muted">
        {hint}
      </p>
      <ul ref={list} className="mt-2 space-y-2 empty:hidden">
        {lines.map((line, i) => {
          const flaw = conditionFlaw(kind, line);
          return (
            // A line has no name of its own; it is what stands at its place.
            // oxlint-disable-next-line react/no-array-index-key -- see above; the inputs are controlled.
            <li key={i}>
              <div className="flex gap-1.5">
                <Input
                  value={line}
                  className={PLAIN}
                  aria-label={`${label}, line ${i + 1}`}
                  aria-invalid={flaw === null ? undefined : true}
                  aria-describedby={flaw === null ? `${id}-hint` : `${id}-${i}`}
                  placeholder={examplesOf(kind)[0]}
                  onChange={(event) => put(i, 1, event.currentTarget.value)}
                  onKeyDown={(event) => {
                    if (event.key === 'Enter') {
                      event.preventDefault();
                      if (line.trim() !== '') insert(i + 1);
                    } else if (event.key === 'Backspace' && line === '') {
                      event.preventDefault();
                      remove(i);
                    }
                  }}
                />
                <Button
                  tone="ghost"
                  size="icon"
                  className="size-9"
                  aria-label={`Remove line ${i + 1} of ${label}`}
                  onClick={() => remove(i)}
                >
                  <X aria-hidden />
                </Button>
              </div>
              {flaw !== null && (
                <div className="mt-1 pl-2.75 text-xs text-down">
                  <Caret text={line} column={flaw.column} />
                  <p id={`${id}-${i}`}>
                    Column {flaw.column}: {flaw.message}
                  </p>
                </div>
              )}
            </li>
          );
        })}
      </ul>
      <div className="mt-2 flex flex-wrap items-center gap-1.5">
        <Button size="small" disabled={lines.length >= LINES_MAX} onClick={() => insert(lines.length)}>
          <Plus aria-hidden /> Add a line
        </Button>
        {hasExamples &&
          examples.map((example) => (
            <button
              key={example}
              type="button"
              onClick={() => insert(lines.length, example)}
              className={cx(
                PLAIN,
                // On a phone the first lines are worth more than further ideas.
                lines.length > 0 && 'max-sm:hidden',
                'h-7 rounded-control border border-dashed px-2 text-xs text-muted hover:bg-hover hover:text-text pointer-coarse:h-10',
              )}
            >
              {example}
            </button>
          ))}
      </div>
    </fieldset>
  );
}

/** The line once more, with a mark under the column. */
function Caret({ text, column }: { text: string; column: number }): ReactNode {
  const excerpt = excerptOf(text, column);
  return (
    <pre aria-hidden className={cx(PLAIN, 'overflow-hidden text-xs leading-4')}>
      {`${excerpt.text}\n${' '.repeat(excerpt.caret)}^`}
    </pre>
  );
}
