import { Columns3 } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ListedService, UptimeWindow } from '../../lib/listed.ts';
import { SERVICE_COLUMNS, type ServiceColumn, USUAL_COLUMNS } from '../../lib/search.ts';
import { Button } from '../../parts/button.tsx';
import { Menu } from '../../parts/menu.tsx';
import type { Column } from '../../parts/table-head.tsx';
import {
  BarCell,
  CheckedCell,
  GroupCell,
  LabelsCell,
  LatencyCell,
  NameCell,
  ObserversCell,
  StatusCell,
  UptimeCell,
} from './row.tsx';

/** The columns of the table of services: name and status, and what was chosen. Those that say less give way first. */
export function columnsOf(chosen: readonly ServiceColumn[]): readonly Column<ListedService>[] {
  const names = SERVICE_COLUMNS.filter((name) => chosen.includes(name));
  const first = names.find((name) => Object.hasOwn(WINDOW_TITLES, name));
  return [
    {
      key: 'name',
      title: 'Name',
      track: 'minmax(11rem, 1fr)',
      isSortable: true,
      cell: (row) => <NameCell row={row} />,
    },
    {
      key: 'status',
      title: 'Status',
      track: 'minmax(9rem, 1.7fr)',
      isSortable: true,
      cell: (row) => <StatusCell row={row} />,
    },
    ...names.map((name) => ({
      key: name,
      ...optional[name],
      // The windows beside it are understood by the first.
      ...(name === first ? { title: optional[name].says ?? '', track: '6.5rem' } : {}),
    })),
  ];
}

/** Which columns are shown; at least one stays. What is chosen stands in the address, so that a saved view keeps it. */
export function ColumnsMenu({
  chosen,
  onChange,
}: {
  chosen: readonly ServiceColumn[];
  onChange: (columns: readonly ServiceColumn[]) => void;
}): ReactNode {
  return (
    <Menu
      trigger={
        <Button size="icon" aria-label="Columns">
          <Columns3 aria-hidden />
        </Button>
      }
      items={[
        ...SERVICE_COLUMNS.map((name) => {
          const isChecked = chosen.includes(name);
          return {
            label: optional[name].says ?? optional[name].title,
            isChecked,
            disabled: isChecked && chosen.length === 1,
            onSelect: () =>
              onChange(SERVICE_COLUMNS.filter((each) => (each === name ? !isChecked : chosen.includes(each)))),
          };
        }),
        null,
        { label: 'The usual ones', onSelect: () => onChange(USUAL_COLUMNS) },
      ]}
    />
  );
}

/** The uptime that a row on a phone has room for: the longest window that was chosen, 30 days before others. */
export function phoneUptime(
  chosen: readonly ServiceColumn[],
): { readonly window: UptimeWindow; readonly title: string } | null {
  const name = (['uptime', 'd90', 'd7', 'h24'] as const).find((each) => chosen.includes(each));
  if (name === undefined) return null;
  return { window: name === 'uptime' ? 'd30' : name, title: WINDOW_TITLES[name] };
}

const WINDOW_TITLES = { h24: '24 h', d7: '7 d', uptime: '30 d', d90: '90 d' } as const;

function uptime(name: keyof typeof WINDOW_TITLES, yields: number): Omit<Column<ListedService>, 'key'> {
  const window = name === 'uptime' ? 'd30' : name;
  return {
    title: WINDOW_TITLES[name],
    says: `Uptime ${WINDOW_TITLES[name]}`,
    track: '4.75rem',
    isSortable: true,
    yields,
    // From the left: a right-aligned number begins elsewhere with each digit more.
    cell: (row) => <UptimeCell row={row} window={window} />,
  };
}

const optional: Readonly<Record<ServiceColumn, Omit<Column<ListedService>, 'key'>>> = {
  group: { title: 'Group', track: 'minmax(6rem, 0.7fr)', yields: 8, cell: (row) => <GroupCell row={row} /> },
  labels: { title: 'Labels', track: 'minmax(7rem, 1fr)', yields: 9, cell: (row) => <LabelsCell row={row} /> },
  bar: { title: 'Last 30 checks', track: '9.5rem', yields: 2, cell: (row) => <BarCell row={row} /> },
  latency: {
    title: 'p95',
    says: 'Latency, p95',
    track: '9.5rem',
    isSortable: true,
    yields: 7,
    cell: (row) => <LatencyCell row={row} />,
  },
  h24: uptime('h24', 4),
  d7: uptime('d7', 5),
  uptime: uptime('uptime', 3),
  d90: uptime('d90', 6),
  observers: { title: 'Observers', track: '6.5rem', yields: 1, cell: (row) => <ObserversCell row={row} /> },
  checked: {
    title: 'Last check',
    track: '5.5rem',
    isSortable: true,
    align: 'right',
    yields: 0,
    cell: (row) => <CheckedCell row={row} />,
  },
};
