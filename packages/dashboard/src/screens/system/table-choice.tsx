import { type ReactNode, useId } from 'react';
import { count } from '../../lib/format.ts';
import { Field, Input, Select } from '../../parts/field.tsx';
import { COLUMN_TYPES, type FoundTable } from '../../rest/captures.ts';
import { canBeField, type Chosen } from './chosen-table.ts';

interface Props {
  readonly found: FoundTable;
  readonly mode: 'poll' | 'stream';
  /** Null: it is not to be captured. */
  readonly chosen: Chosen | null;
  readonly onChoose: (is: boolean) => void;
  readonly onChange: (to: Chosen) => void;
}

/** One table of a database: whether its rows are to be records, and which. */
export function TableChoice({ found, mode, chosen, onChoose, onChange }: Props): ReactNode {
  const id = useId();
  return (
    <li className="px-4 py-2">
      <label htmlFor={id} className="flex min-h-8 items-center gap-2.5 text-sm pointer-coarse:min-h-11">
        <input
          id={id}
          type="checkbox"
          checked={chosen !== null}
          disabled={!found.mayRead || found.columns.length === 0}
          onChange={(event) => onChoose(event.currentTarget.checked)}
          className="size-4 accent-accent"
        />
        <span className="min-w-0 truncate font-medium">{found.table}</span>
        <span className="ml-auto shrink-0 text-xs text-muted">
          {!found.mayRead
            ? 'may not be read'
            : [
                found.pack === null ? '' : 'has a pack',
                found.key.length === 0 ? 'no key' : '',
                found.rows === null || found.rows === 0 ? '' : `about ${count(found.rows)} rows`,
              ]
                .filter((word) => word !== '')
                .join(' · ')}
        </span>
      </label>
      {chosen !== null && <Mapping found={found} mode={mode} chosen={chosen} onChange={onChange} />}
    </li>
  );
}

function Mapping({
  found,
  mode,
  chosen,
  onChange,
}: Omit<Props, 'chosen' | 'onChoose'> & { chosen: Chosen }): ReactNode {
  const has = (column: string): boolean => Object.hasOwn(chosen.columns, column);
  const names = found.columns.map(({ name }) => name);
  return (
    <div className="mt-1 mb-2 space-y-2 border-l-2 pl-4">
      <div className="grid gap-x-4 gap-y-1 sm:grid-cols-3">
        {found.pack !== null && (
          <Field label="Columns" hint="A pack knows what this table means.">
            {(ids) => (
              <Select
                {...ids}
                value={chosen.pack === null ? 'own' : 'pack'}
                onChange={(event) =>
                  onChange({ ...chosen, pack: event.currentTarget.value === 'pack' ? found.pack : null })
                }
              >
                <option value="pack">Pack {found.pack}</option>
                <option value="own">Which I choose</option>
              </Select>
            )}
          </Field>
        )}
        {chosen.pack === null && (
          <>
            <Field label="Collection" hint="A name of your own.">
              {(ids) => (
                <Input
                  {...ids}
                  value={chosen.collection}
                  onChange={(event) => onChange({ ...chosen, collection: event.currentTarget.value })}
                />
              )}
            </Field>
            <Field
              label="Key"
              hint={found.key.length === 0 ? 'It has no primary key.' : 'It makes the id of the record.'}
            >
              {(ids) => (
                <Select
                  {...ids}
                  value={chosen.key.length === 1 ? chosen.key[0] : ''}
                  onChange={(event) => {
                    const { value } = event.currentTarget;
                    onChange({ ...chosen, key: value === '' ? found.key : [value] });
                  }}
                >
                  {found.key.length > 1 && <option value="">{found.key.join(', ')}</option>}
                  {names.map((name) => (
                    <option key={name}>{name}</option>
                  ))}
                </Select>
              )}
            </Field>
          </>
        )}
        {mode === 'poll' && (
          <Field label="Changes are found by" hint="Set by every write, with an index.">
            {(ids) => (
              <Select
                {...ids}
                value={chosen.cursor ?? ''}
                onChange={(event) => {
                  const { value } = event.currentTarget;
                  onChange({ ...chosen, cursor: value === '' ? null : value });
                }}
              >
                <option value="">comparing all rows</option>
                {names.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </Select>
            )}
          </Field>
        )}
      </div>
      {chosen.pack === null && (
        <ul className="grid gap-x-6 sm:grid-cols-2 xl:grid-cols-3" aria-label={`Columns of ${found.table}`}>
          {found.columns
            .filter(({ name }) => !chosen.key.includes(name))
            .map(({ name, type, as }) => (
              <li key={name} className="flex min-h-9 items-center gap-2 text-sm">
                <label className="flex min-h-8 min-w-0 flex-1 items-center gap-2.5 pointer-coarse:min-h-11">
                  <input
                    type="checkbox"
                    checked={has(name)}
                    disabled={!canBeField(name)}
                    onChange={(event) => {
                      const { [name]: _, ...others } = chosen.columns;
                      onChange({
                        ...chosen,
                        columns: event.currentTarget.checked ? { ...others, [name]: as } : others,
                      });
                    }}
                    className="size-4 shrink-0 accent-accent"
                  />
                  <span className="truncate">{name}</span>
                  <span className="truncate text-xs text-muted">{canBeField(name) ? type : 'needs another name'}</span>
                </label>
                {has(name) && (
                  <Select
                    aria-label={`${name} is read as`}
                    value={chosen.columns[name]}
                    className="h-8 w-28 shrink-0"
                    onChange={(event) => {
                      const to = COLUMN_TYPES.find((each) => each === event.currentTarget.value) ?? 'text';
                      onChange({ ...chosen, columns: { ...chosen.columns, [name]: to } });
                    }}
                  >
                    {COLUMN_TYPES.map((each) => (
                      <option key={each}>{each}</option>
                    ))}
                  </Select>
                )}
              </li>
            ))}
        </ul>
      )}
    </div>
  );
}
