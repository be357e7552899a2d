import type { JsonObject } from '@statewire/protocol';
import { Plus, X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import {
  asType,
  ATTRIBUTE_TYPES,
  ATTRIBUTES_CHARACTERS_MAX,
  type AttributeLine,
  attributesOf,
  type AttributeType,
  flawsOf,
  linesOf,
} from '../../lib/attributes.ts';
import { count } from '../../lib/format.ts';
import { Button } from '../../parts/button.tsx';
import { Input, Select } from '../../parts/field.tsx';

interface Props {
  readonly label: string;
  readonly hint: string | undefined;
  /** The attributes as JSON. */
  readonly value: string;
  readonly onChange: (value: string) => void;
}

const TYPE_WORDS: Readonly<Record<AttributeType, string>> = {
  text: 'Text',
  number: 'Number',
  'yes-no': 'Yes or no',
  json: 'JSON',
};

/** Attributes line by line, each with its type. What is wrong is said beside it, and the form is not sent meanwhile. */
export function AttributesField({ label, hint, value, onChange }: Props): ReactNode {
  // Until somebody types here the lines follow the record.
  const [typed, setTyped] = useState<readonly AttributeLine[] | null>(null);
  const lines = typed ?? linesOf(read(value));
  const flaws = flawsOf(lines);
  const put = (next: readonly AttributeLine[]): void => {
    setTyped(next);
    onChange(JSON.stringify(attributesOf(next)));
  };
  const change = (at: number, line: AttributeLine): void => put(lines.map((each, i) => (i === at ? line : each)));
  const length = JSON.stringify(attributesOf(lines)).length;
  const isTooLong = length > ATTRIBUTES_CHARACTERS_MAX;
  return (
    <fieldset className="min-w-0 pb-1">
      <legend className="mb-1.5 text-sm font-medium">{label}</legend>
      <ul className="space-y-2 empty:hidden">
        {lines.map((line, i) => {
          const flaw = flaws[i] ?? null;
          const named = line.key === '' ? `${label}, line ${i + 1}` : line.key;
          const wrong = (of: 'key' | 'value'): object =>
            flaw?.of === of
              ? {
                  'aria-invalid': true,
                  ref: (input: HTMLInputElement | null) => input?.setCustomValidity(flaw.text),
                }
              : { ref: (input: HTMLInputElement | null) => input?.setCustomValidity('') };
          return (
            // A line has no name of its own until it is typed; it is what stands at its place.
            // oxlint-disable-next-line react/no-array-index-key -- see above; the inputs are controlled.
            <li key={i}>
              <div className="flex gap-1.5">
                <Input
                  {...wrong('key')}
                  aria-label={`Name of ${label.toLowerCase()}, line ${i + 1}`}
                  placeholder="name"
                  className="code flex-1"
                  value={line.key}
                  onChange={(event) => change(i, { ...line, key: event.currentTarget.value })}
                />
                <Select
                  aria-label={`Type of ${named}`}
                  className="w-28 shrink-0"
                  value={line.type}
                  onChange={(event) => {
                    const type = ATTRIBUTE_TYPES.find((each) => each === event.currentTarget.value) ?? 'text';
                    change(i, asType(line, type));
                  }}
                >
                  {ATTRIBUTE_TYPES.map((type) => (
                    <option key={type} value={type}>
                      {TYPE_WORDS[type]}
                    </option>
                  ))}
                </Select>
                {line.type === 'yes-no' ? (
                  <Select
                    aria-label={`Value of ${named}`}
                    className="flex-1"
                    value={line.text}
                    onChange={(event) => change(i, { ...line, text: event.currentTarget.value })}
                  >
                    <option value="yes">Yes</option>
                    <option value="no">No</option>
                  </Select>
                ) : (
                  <Input
                    {...wrong('value')}
                    aria-label={`Value of ${named}`}
                    placeholder="value"
                    inputMode={line.type === 'number' ? 'decimal' : undefined}
                    className={line.type === 'json' ? 'code flex-1' : 'flex-1'}
                    value={line.text}
                    onChange={(event) => change(i, { ...line, text: event.currentTarget.value })}
                  />
                )}
                <Button
                  tone="ghost"
                  size="icon"
                  className="size-9"
                  aria-label={`Remove ${named}`}
                  onClick={() => put(lines.filter((_, at) => at !== i))}
                >
                  <X aria-hidden />
                </Button>
              </div>
              {flaw !== null && <p className="mt-1 text-xs text-down">{flaw.text}</p>}
            </li>
          );
        })}
      </ul>
      <Button size="small" className="mt-2" onClick={() => put([...lines, { key: '', type: 'text', text: '' }])}>
        <Plus aria-hidden /> Add an attribute
      </Button>
      <p className={isTooLong ? 'mt-1 min-h-4 text-xs text-down' : 'mt-1 min-h-4 text-xs text-muted'}>
        {isTooLong ? `${count(length)} of ${count(ATTRIBUTES_CHARACTERS_MAX)} characters: take some out` : hint}
      </p>
    </fieldset>
  );
}

function read(value: string): JsonObject {
  const attributes: JsonObject = JSON.parse(value);
  return attributes;
}
