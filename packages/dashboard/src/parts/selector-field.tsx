import type { SelectedCollection, Selector } from '@statewire/model';
import { selects } from '@statewire/model';
import { type ReactNode, useState } from 'react';
import { plural } from '../lib/format.ts';
import { kindNames, kinds } from '../lib/kinds.ts';
import { type Selection, selectionOf, selectorOf } from '../lib/selection.ts';
import { useRows } from '../live/rows.ts';
import { Field, Input, Select } from './field.tsx';
import { PickMany } from './pick-many.tsx';

interface Props {
  readonly label: string;
  readonly value: Selector;
  /** Only called with a selector that can be read. */
  readonly onChange: (selector: Selector) => void;
  /** Default: services only. */
  readonly collections?: readonly SelectedCollection[];
}

const WAYS: Readonly<Record<Selection['by'], string>> = {
  all: 'All of them',
  ids: 'These',
  group: 'Those of a group',
  label: 'Those with a label',
  kind: 'Those of a kind',
  other: 'By a filter (written elsewhere)',
};

/** Which records something is about, with how many that are now. */
export function SelectorField({ label, value, onChange, collections = ['services'] }: Props): ReactNode {
  const [selection, setSelection] = useState(() => selectionOf(value));
  const { rows } = useRows(selection.collection);
  const set = (next: Selection): void => {
    setSelection(next);
    const selector = selectorOf(next);
    if (typeof selector !== 'string') onChange(selector);
  };
  const read = selectorOf(selection);
  const n = typeof read === 'string' ? null : rows.filter((row) => selects(read, read.collection, row)).length;
  const ways: readonly Selection['by'][] = [
    'all',
    'ids',
    ...(selection.collection === 'services' ? (['group', 'kind'] as const) : []),
    'label',
    ...(selection.by === 'other' ? (['other'] as const) : []),
  ];
  return (
    <div className="space-y-2">
      <div className="flex flex-wrap gap-3">
        {collections.length > 1 && (
          <Field label={label} className="min-w-32 flex-1">
            {(ids) => (
              <Select
                {...ids}
                value={selection.collection}
                onChange={(event) => {
                  const collection = collections.find((name) => name === event.currentTarget.value);
                  if (collection !== undefined) set({ collection, by: 'all', values: [], where: null });
                }}
              >
                {collections.map((name) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
        <Field
          label={collections.length > 1 ? 'Which' : label}
          className="min-w-40 flex-1"
          hint={n === null ? undefined : `${plural(n, 'record')} now`}
          error={typeof read === 'string' ? read : undefined}
        >
          {(ids) => (
            <Select
              {...ids}
              value={selection.by}
              onChange={(event) => {
                const by = ways.find((way) => way === event.currentTarget.value);
                if (by !== undefined) set({ ...selection, by, values: [] });
              }}
            >
              {ways.map((way) => (
                <option key={way} value={way}>
                  {WAYS[way]}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      {selection.by === 'ids' && (
        <PickMany
          label={selection.collection}
          choices={rows.map((row) => ({ id: row.id, name: nameOf(row) }))}
          chosen={selection.values}
          onChange={(values) => set({ ...selection, values })}
          empty={`There are no ${selection.collection} yet.`}
        />
      )}
      {selection.by === 'kind' && (
        <PickMany
          label="Kinds"
          choices={kindNames.map((kind) => ({ id: kind, name: kinds[kind].title }))}
          chosen={selection.values}
          onChange={(values) => set({ ...selection, values })}
          empty=""
        />
      )}
      {(selection.by === 'group' || selection.by === 'label') && (
        <Input
          aria-label={selection.by === 'group' ? 'Group' : 'Label'}
          placeholder={selection.by === 'group' ? 'shop' : 'env=prod'}
          value={selection.values[0] ?? ''}
          onChange={(event) => set({ ...selection, values: [event.currentTarget.value] })}
        />
      )}
    </div>
  );
}

function nameOf(row: { readonly id: string; readonly [field: string]: unknown }): string {
  const name = row['name'] ?? row['title'];
  return typeof name === 'string' && name !== '' ? name : row.id;
}
