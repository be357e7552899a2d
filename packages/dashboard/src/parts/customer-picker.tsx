/* oxlint-disable jsx-a11y/prefer-tag-over-role -- a list of any number that is found by typing is what neither <select> nor <datalist> is; the roles are those of the pattern. */
import { useWindow } from '@statewire/react';
import { X } from 'lucide-react';
import { type ReactNode, useId, useState } from 'react';
import { cx } from '../lib/cx.ts';
import { count } from '../lib/format.ts';
import { useTyped } from '../lib/typed.ts';
import { useRecordOf } from '../live/rows.ts';
import { Button } from './button.tsx';
import { Input } from './field.tsx';

interface Props {
  /** What the field hands on to its control. */
  readonly ids: { readonly id?: string; readonly 'aria-describedby'?: string; readonly 'aria-label'?: string };
  /** The id of the customer; empty: none. */
  readonly value: string;
  readonly onChange: (id: string) => void;
  /** What an empty field says. */
  readonly placeholder?: string;
}

// The server answers each pause in typing, not each key.
const TYPING_MS = 150;
const SHOWN_MAX = 20;

/**
 * One customer of any number, found by name, e-mail or id while typing. By keyboard: arrows move, Enter takes, Escape puts the list
 * away; what is typed and not taken changes nothing.
 */
export function CustomerPicker({ ids, value, onChange, placeholder = 'Nobody’s; type to find' }: Props): ReactNode {
  const [typed, setTyped] = useState<string | null>(null);
  const { row } = useRecordOf('customers', value);
  // Until the record has come, what it was called in the list.
  const [picked, setPicked] = useState({ id: '', name: '' });
  const name = row?.name ?? (picked.id === value ? picked.name : value);
  return (
    <div className="relative flex gap-1.5">
      <Found
        ids={ids}
        placeholder={placeholder}
        text={typed ?? (value === '' ? '' : name)}
        isOpen={typed !== null}
        onType={setTyped}
        onPick={(customer) => {
          setTyped(null);
          setPicked(customer);
          onChange(customer.id);
        }}
      />
      {value !== '' && (
        <Button
          tone="ghost"
          size="icon"
          className="size-9"
          aria-label="No customer"
          onClick={() => {
            setTyped(null);
            onChange('');
          }}
        >
          <X aria-hidden />
        </Button>
      )}
    </div>
  );
}

function Found({
  ids,
  placeholder,
  text,
  isOpen,
  onType,
  onPick,
}: Pick<Props, 'ids'> & {
  readonly placeholder: string;
  readonly text: string;
  readonly isOpen: boolean;
  readonly onType: (text: string | null) => void;
  readonly onPick: (customer: { readonly id: string; readonly name: string }) => void;
}): ReactNode {
  const list = useId();
  const [at, setAt] = useState(0);
  const [wanted, setWanted] = useState('');
  const [typed, type] = useTyped(wanted, TYPING_MS, setWanted);
  const live = useWindow('customers', {
    where:
      wanted === '' ? ['all'] : ['or', ...SEARCHED.map((field) => ['contains', field, wanted]), ['eq', 'id', wanted]],
    fields: ['name', 'email'],
    sort: [['name', 'asc']],
    size: SHOWN_MAX,
  });
  const rows = isOpen ? live.data.slice(0, SHOWN_MAX) : [];
  const cursor = Math.min(at, Math.max(0, rows.length - 1));
  const open = (next: string): void => {
    onType(next);
    type(next);
    setAt(0);
  };
  return (
    <>
      <Input
        {...ids}
        role="combobox"
        aria-expanded={isOpen}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={rows.length === 0 ? undefined : `${list}-${cursor}`}
        placeholder={placeholder}
        value={isOpen ? typed : text}
        onChange={(event) => open(event.currentTarget.value)}
        onBlur={() => onType(null)}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault();
            if (!isOpen) open('');
            else setAt(Math.max(0, Math.min(rows.length - 1, cursor + (event.key === 'ArrowDown' ? 1 : -1))));
          } else if (event.key === 'Enter' && isOpen) {
            // The form is sent by the next one.
            event.preventDefault();
            const row = rows[cursor];
            if (row !== undefined) onPick(row);
          } else if (event.key === 'Escape' && isOpen) {
            event.preventDefault();
            event.stopPropagation();
            onType(null);
          }
        }}
      />
      {isOpen && (
        <div className="pane absolute inset-x-0 top-full z-40 mt-1 max-h-64 overflow-y-auto bg-raised shadow-overlay">
          <div id={list} role="listbox" aria-label="Customers">
            {rows.map((row, i) => (
              <div
                key={row.id}
                id={`${list}-${i}`}
                role="option"
                tabIndex={-1}
                aria-selected={i === cursor}
                // Before the field loses the focus, which would put the list away.
                onMouseDown={(event) => {
                  event.preventDefault();
                  onPick(row);
                }}
                className={cx(
                  'flex min-h-9 items-center gap-3 px-2.5 text-sm hover:bg-hover',
                  i === cursor && 'bg-hover',
                )}
              >
                <span className="min-w-0 flex-1 truncate">{row.name}</span>
                <span className="code shrink-0 text-xs text-muted">{row.id}</span>
              </div>
            ))}
          </div>
          <p className="px-2.5 py-1.5 text-xs text-muted empty:hidden">
            {live.total > rows.length && rows.length > 0 && `${count(live.total - rows.length)} more: go on typing`}
            {live.status === 'live' && rows.length === 0 && 'No customer matches'}
          </p>
        </div>
      )}
    </>
  );
}

const SEARCHED = ['name', 'email', 'externalId'] as const;
