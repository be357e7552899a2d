import { type ReactNode, useState } from 'react';
import { plural } from '../lib/format.ts';
import { Input } from './field.tsx';

export interface Choice {
  readonly id: string;
  readonly name: string;
  /** Small words behind the name. */
  readonly note?: string | undefined;
}

interface Props {
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly chosen: readonly string[];
  readonly onChange: (ids: readonly string[]) => void;
  readonly empty: ReactNode;
}

// Beyond this many a person searches instead of reading.
const SEARCHED_FROM = 8;
const SHOWN_MAX = 200;

/** Some of many, by checkbox, found by typing. Keeps what was chosen and is gone meanwhile, so that nothing vanishes silently. */
export function PickMany({ label, choices, chosen, onChange, empty }: Props): ReactNode {
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const known = new Set(choices.map(({ id }) => id));
  const lost = chosen.filter((id) => !known.has(id)).map((id): Choice => ({ id, name: id, note: 'gone' }));
  const all = [...lost, ...choices];
  const found = all.filter(({ id, name }) => name.toLowerCase().includes(wanted) || id.includes(wanted));
  const toggle = (id: string): void =>
    onChange(chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id]);
  if (all.length === 0) return <p className="text-sm text-muted">{empty}</p>;
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1.5 flex w-full items-baseline justify-between text-sm font-medium">
        {label}
        <span className="text-xs font-normal text-muted">{plural(chosen.length, 'chosen', 'chosen')}</span>
      </legend>
      {all.length >= SEARCHED_FROM && (
        <Input
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          placeholder="Find"
          aria-label={`Find in ${label}`}
          className="mb-1.5"
        />
      )}
      <ul className="max-h-56 overflow-y-auto rounded-control border border-line-strong">
        {found.slice(0, SHOWN_MAX).map((choice) => (
          <li key={choice.id} className="border-b last:border-b-0">
            <label className="flex min-h-9 items-center gap-2.5 px-2.5 text-sm hover:bg-hover pointer-coarse:min-h-11">
              <input
                type="checkbox"
                checked={chosen.includes(choice.id)}
                onChange={() => toggle(choice.id)}
                className="size-4 shrink-0 accent-accent"
              />
              <span className="min-w-0 truncate">{choice.name}</span>
              {choice.note !== undefined && <span className="ml-auto shrink-0 text-xs text-muted">{choice.note}</span>}
            </label>
          </li>
        ))}
        {found.length > SHOWN_MAX && (
          <li className="px-2.5 py-2 text-xs text-muted">{plural(found.length - SHOWN_MAX, 'more')}: type to find</li>
        )}
        {found.length === 0 && <li className="px-2.5 py-2 text-sm text-muted">Nothing matches “{text}”.</li>}
      </ul>
    </fieldset>
  );
}
