import type { ReactNode } from 'react';
import { cx } from '../../lib/cx.ts';
import { CustomerPicker } from '../../parts/customer-picker.tsx';
import { Select } from '../../parts/field.tsx';
import { FilterBar, SearchField } from '../../parts/filter-bar.tsx';
import { audienceWords, priorityLooks } from './look.ts';
import { AUDIENCES, type MessagesSearch, PRIORITIES } from './search.ts';

/** Narrows the list down: by words, how pressing, for whom, and for which customer. */
export function Filters({
  search,
  onSearch,
}: {
  search: MessagesSearch;
  onSearch: (next: MessagesSearch) => void;
}): ReactNode {
  const without = (key: keyof MessagesSearch): MessagesSearch => {
    const { [key]: _, ...rest } = search;
    return rest;
  };
  return (
    <FilterBar>
      <SearchField
        label="Search messages"
        placeholder="Title, text or id"
        value={search.q ?? ''}
        onChange={(text) => onSearch(text === '' ? without('q') : { ...search, q: text })}
      />
      <fieldset aria-label="Priority" className="flex max-w-full gap-1 overflow-x-auto py-0.5">
        {PRIORITIES.map((priority) => {
          const look = priorityLooks[priority];
          const now = search.priority ?? [];
          const isOn = now.includes(priority);
          return (
            <button
              key={priority}
              type="button"
              aria-pressed={isOn}
              onClick={() => {
                const next = isOn ? now.filter((each) => each !== priority) : [...now, priority];
                onSearch(next.length === 0 ? without('priority') : { ...search, priority: next });
              }}
              className={cx(
                'flex h-8 shrink-0 items-center gap-1.5 rounded-control border px-2.5 text-sm text-muted hover:text-text pointer-coarse:h-10',
                isOn && 'border-accent bg-accent-soft text-text',
              )}
            >
              <look.icon aria-hidden className={cx('size-3.5', look.ink)} strokeWidth={2.25} />
              {look.word}
            </button>
          );
        })}
      </fieldset>
      <Select
        aria-label="For whom"
        className="h-8 w-36"
        value={search.audience ?? ''}
        onChange={(event) => {
          const audience = AUDIENCES.find((each) => each === event.currentTarget.value);
          onSearch(audience === undefined ? without('audience') : { ...search, audience });
        }}
      >
        <option value="">For anybody</option>
        {AUDIENCES.map((each) => (
          <option key={each} value={each}>
            {audienceWords[each]}
          </option>
        ))}
      </Select>
      <div className="min-w-40 flex-1 sm:max-w-56">
        <CustomerPicker
          ids={{ 'aria-label': 'That name this customer' }}
          value={search.customer ?? ''}
          placeholder="Any customer"
          onChange={(id) => onSearch(id === '' ? without('customer') : { ...search, customer: id })}
        />
      </div>
    </FilterBar>
  );
}
