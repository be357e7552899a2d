import { STATUSES } from '@statewire/model';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { type AgentsSearch, isFilteredAgents, STANDS } from '../../lib/agents-search.ts';
import { sentence } from '../../lib/format.ts';
import { Button } from '../../parts/button.tsx';
import { Select } from '../../parts/field.tsx';
import { FilterBar, SearchField } from '../../parts/filter-bar.tsx';
import { statusLooks } from '../../parts/status.tsx';
import type { AgentLine } from './row.tsx';

interface Props {
  readonly lines: readonly AgentLine[];
  readonly search: AgentsSearch;
  readonly onChange: (next: AgentsSearch) => void;
}

/** Which agents are shown. All of it stands in the address. */
export function AgentFilters({ lines, search, onChange }: Props): ReactNode {
  const change = (key: 'label' | 'q' | 'stand' | 'status', value: string): void => {
    const { [key]: _, ...rest } = search;
    const status = STATUSES.find((each) => each === value);
    const stand = STANDS.find((each) => each === value);
    if (key === 'status') onChange(status === undefined ? rest : { ...rest, status });
    else if (key === 'stand') onChange(stand === undefined ? rest : { ...rest, stand });
    else onChange(value === '' ? rest : { ...rest, [key]: value });
  };
  const labels = [
    ...new Set(lines.flatMap(({ agent }) => Object.entries(agent.labels).map(([key, value]) => `${key}=${value}`))),
  ].sort();
  return (
    <FilterBar>
      <SearchField label="Filter agents by text" value={search.q ?? ''} onChange={(text) => change('q', text)} />
      <Select
        aria-label="Status"
        value={search.status ?? ''}
        onChange={(event) => change('status', event.currentTarget.value)}
        className="h-8 w-auto"
      >
        <option value="">Every status</option>
        {STATUSES.map((status) => (
          <option key={status} value={status}>
            {statusLooks[status].word}
          </option>
        ))}
      </Select>
      <Select
        aria-label="What people want"
        value={search.stand ?? ''}
        onChange={(event) => change('stand', event.currentTarget.value)}
        className="h-8 w-auto"
      >
        <option value="">Wanted or not</option>
        {STANDS.map((stand) => (
          <option key={stand} value={stand}>
            {sentence(stand)}
          </option>
        ))}
      </Select>
      {(labels.length > 0 || search.label !== undefined) && (
        <Select
          aria-label="Label"
          value={search.label ?? ''}
          onChange={(event) => change('label', event.currentTarget.value)}
          className="h-8 w-auto"
        >
          <option value="">Every label</option>
          {labels.map((label) => (
            <option key={label} value={label}>
              {label}
            </option>
          ))}
        </Select>
      )}
      {isFilteredAgents(search) && (
        <Button tone="ghost" onClick={() => onChange({})}>
          <X aria-hidden /> Clear
        </Button>
      )}
    </FilterBar>
  );
}
