import type { PageGroup, PageService } from '@statewire/model';
import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { useListed } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Input, Select } from '../../parts/field.tsx';

interface Props {
  readonly groups: readonly PageGroup[];
  readonly isReadOnly: boolean;
  readonly onChange: (groups: readonly PageGroup[]) => void;
}

const NAMED = ['name'] as const;

/** The groups of a page with their services, in their order, under the names the public reads. */
export function Groups({ groups, isReadOnly, onChange }: Props): ReactNode {
  const services = useListed('services', NAMED);
  const names = new Map(services.rows.map(({ id, name }) => [id, name]));
  const set = (at: number, group: PageGroup): void => onChange(groups.map((each, i) => (i === at ? group : each)));
  if (isReadOnly) {
    return (
      <ul className="space-y-3">
        {groups.map((group) => (
          <li key={group.name}>
            <p className="font-medium">{group.name}</p>
            <p className="text-sm text-muted">
              {group.services.map(({ id, name }) => name ?? names.get(id) ?? id).join(', ')}
            </p>
          </li>
        ))}
      </ul>
    );
  }
  return (
    <div className="space-y-4">
      {groups.length === 0 && (
        <p className="text-sm text-muted">It shows nothing yet. Make a group and choose its services.</p>
      )}
      {groups.map((group, at) => {
        const inside = new Set(group.services.map(({ id }) => id));
        const setService = (id: string, change: Partial<Pick<PageService, 'name' | 'isNumbered'>>): void =>
          set(at, {
            ...group,
            services: group.services.map((each) => (each.id === id ? { ...each, ...change } : each)),
          });
        return (
          // oxlint-disable-next-line react/no-array-index-key -- a group has no id; while its name is typed its place is what it is.
          <section key={at} aria-label={group.name} className="rounded-card border">
            <header className="flex items-center gap-1 border-b p-2">
              <Input
                aria-label="Name of the group"
                value={group.name}
                placeholder="Core services"
                onChange={(event) => set(at, { ...group, name: event.currentTarget.value })}
              />
              <Move n={at} of={groups.length} what="group" onMove={(to) => onChange(moved(groups, at, to))} />
              <Button
                tone="ghost"
                size="icon"
                aria-label={`Remove the group ${group.name}`}
                onClick={() => onChange(groups.filter((_, i) => i !== at))}
              >
                <Trash2 aria-hidden />
              </Button>
            </header>
            <ul>
              {group.services.map((service, n) => (
                <li key={service.id} className="flex flex-wrap items-center gap-2 border-b px-2 py-1.5">
                  <span className="min-w-24 flex-1 truncate px-1 text-sm">{names.get(service.id) ?? service.id}</span>
                  <Input
                    aria-label={`Public name of ${names.get(service.id) ?? service.id}`}
                    className="h-8 max-w-56"
                    value={service.name ?? ''}
                    placeholder="Its own name"
                    onChange={(event) => {
                      const name = event.currentTarget.value;
                      setService(service.id, { name: name === '' ? null : name });
                    }}
                  />
                  <label className="flex items-center gap-1.5 text-xs text-muted">
                    <input
                      type="checkbox"
                      className="size-4 accent-accent"
                      checked={service.isNumbered}
                      onChange={(event) => setService(service.id, { isNumbered: event.currentTarget.checked })}
                    />
                    numbers
                  </label>
                  <Move
                    n={n}
                    of={group.services.length}
                    what={names.get(service.id) ?? service.id}
                    onMove={(to) => set(at, { ...group, services: moved(group.services, n, to) })}
                  />
                  <Button
                    tone="ghost"
                    size="icon"
                    aria-label={`Take ${names.get(service.id) ?? service.id} off the page`}
                    onClick={() => set(at, { ...group, services: group.services.filter((each) => each !== service) })}
                  >
                    <Trash2 aria-hidden />
                  </Button>
                </li>
              ))}
            </ul>
            <div className="p-2">
              <Select
                aria-label={`Add a service to ${group.name}`}
                value=""
                onChange={(event) => {
                  const id = event.currentTarget.value;
                  if (id !== '')
                    set(at, { ...group, services: [...group.services, { id, name: null, isNumbered: true }] });
                }}
              >
                <option value="">Add a service…</option>
                {services.rows
                  .filter(({ id }) => !inside.has(id))
                  .toSorted((a, b) => (a.name < b.name ? -1 : 1))
                  .map(({ id, name }) => (
                    <option key={id} value={id}>
                      {name}
                    </option>
                  ))}
              </Select>
            </div>
          </section>
        );
      })}
      <Button onClick={() => onChange([...groups, { name: `Group ${groups.length + 1}`, services: [] }])}>
        <Plus aria-hidden /> Add a group
      </Button>
    </div>
  );
}

function Move({
  n,
  of,
  what,
  onMove,
}: {
  n: number;
  of: number;
  what: string;
  onMove: (to: number) => void;
}): ReactNode {
  return (
    <>
      <Button tone="ghost" size="icon" aria-label={`Move ${what} up`} disabled={n === 0} onClick={() => onMove(n - 1)}>
        <ArrowUp aria-hidden />
      </Button>
      <Button
        tone="ghost"
        size="icon"
        aria-label={`Move ${what} down`}
        disabled={n === of - 1}
        onClick={() => onMove(n + 1)}
      >
        <ArrowDown aria-hidden />
      </Button>
    </>
  );
}

function moved<T>(list: readonly T[], from: number, to: number): readonly T[] {
  const item = list[from];
  if (item === undefined) return list;
  const rest = list.filter((_, i) => i !== from);
  return [...rest.slice(0, to), item, ...rest.slice(to)];
}
