import { Search } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import { useKeys } from '../lib/keys.ts';
import { useTyped } from '../lib/typed.ts';
import { cx } from '../lib/cx.ts';
import { Input } from './field.tsx';

// The server answers some of them: each pause, not each key.
const TYPING_MS = 150;

/** What narrows a list, in one row over it; on a phone the text takes a row of its own, and the choices share the next. */
export function FilterBar({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2 max-sm:[&_select]:w-auto max-sm:[&_select]:min-w-32 max-sm:[&_select]:flex-1">
      {children}
    </div>
  );
}

interface Props {
  readonly label: string;
  readonly placeholder?: string;
  /** What stands in the address. */
  readonly value: string;
  /** What was typed, after a pause. */
  readonly onChange: (text: string) => void;
  readonly className?: string;
}

/** The text a list is narrowed by. `/` leads here; Enter and Escape lead on to the list. */
export function SearchField({ label, placeholder = 'Filter', value, onChange, className }: Props): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useTyped(value, TYPING_MS, onChange);
  useKeys({ '/': { says: 'Filter', run: () => input.current?.focus() } });
  return (
    <div className={cx('relative w-full', className ?? 'sm:w-64')}>
      <Search
        aria-hidden
        className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-muted"
      />
      <Input
        ref={input}
        type="search"
        aria-label={label}
        placeholder={placeholder}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        // Escape empties the field first, as browsers do.
        onKeyDown={(event) => (event.key === 'Enter' || event.key === 'Escape') && input.current?.blur()}
        className="peer h-8 pr-8 pl-8 [&::-webkit-search-cancel-button]:hidden"
      />
      <kbd
        aria-hidden
        className="code pointer-events-none absolute top-1/2 right-2 -translate-y-1/2 rounded border px-1 text-xs text-muted peer-focus:hidden pointer-coarse:hidden"
      >
        /
      </kbd>
    </div>
  );
}
