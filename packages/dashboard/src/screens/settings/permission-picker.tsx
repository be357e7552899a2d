import { allows } from '@statewire/model';
import { type ReactNode, useState } from 'react';
import { plural, sentence, words } from '../../lib/format.ts';
import { Button } from '../../parts/button.tsx';
import { Input } from '../../parts/field.tsx';
import type { Permissions } from '../../rest/keys.ts';
import { atLevels, type Preset, PRESETS } from './permission-presets.ts';

interface Props {
  readonly table: Permissions;
  /** What whoever chooses may do: they give nothing else. */
  readonly mine: readonly string[];
  readonly chosen: ReadonlySet<string>;
  readonly onChange: (chosen: ReadonlySet<string>) => void;
}

/** Permissions one by one, from the table of what there is; what one does not hold is there and cannot be chosen. */
export function PermissionPicker({ table, mine, chosen, onChange }: Props): ReactNode {
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const areas = Object.entries(table)
    .filter(([area, operations]) =>
      [area, words(area), ...Object.keys(operations)].some((word) => word.toLowerCase().includes(wanted)),
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const preset = (name: Preset): void =>
    onChange(new Set(atLevels(table, PRESETS[name]).filter((permission) => allows(mine, permission))));
  const toggle = (permission: string, isOn: boolean): void => {
    const next = new Set(chosen);
    if (isOn) next.add(permission);
    else next.delete(permission);
    onChange(next);
  };
  return (
    <fieldset aria-label="Permissions" className="space-y-2">
      <div className="flex flex-wrap items-center gap-2">
        <Input
          type="search"
          aria-label="Find a permission"
          placeholder="Find"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          // It narrows a list; in a form of one text field Enter would make the key.
          onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
          className="w-36"
        />
        <span className="text-xs text-muted">Begin with</span>
        {(['read', 'report', 'admin'] as const).map((name) => (
          <Button key={name} size="small" onClick={() => preset(name)} aria-label={`Begin with ${name}`}>
            {sentence(name)}
          </Button>
        ))}
        <Button size="small" tone="ghost" onClick={() => onChange(new Set())}>
          Nothing
        </Button>
        <output className="ml-auto text-xs text-muted">{plural(chosen.size, 'permission')}</output>
      </div>
      <ul className="max-h-80 overflow-y-auto rounded-control border">
        {areas.map(([area, operations]) => (
          <li key={area} className="border-b px-3 py-2 last:border-b-0">
            <p className="text-sm font-medium">{sentence(words(area))}</p>
            <div className="flex flex-wrap gap-x-4">
              {Object.keys(operations).map((operation) => {
                const permission = `${area}:${operation}`;
                const isMine = allows(mine, permission);
                return (
                  <label
                    key={operation}
                    title={isMine ? permission : `You do not hold ${permission}`}
                    className="flex min-h-7 items-center gap-1.5 text-xs has-disabled:text-muted pointer-coarse:min-h-10"
                  >
                    <input
                      type="checkbox"
                      aria-label={permission}
                      checked={chosen.has(permission)}
                      disabled={!isMine}
                      onChange={(event) => toggle(permission, event.currentTarget.checked)}
                      className="size-3.5 accent-accent pointer-coarse:size-5"
                    />
                    {words(operation)}
                  </label>
                );
              })}
            </div>
          </li>
        ))}
        {areas.length === 0 && <li className="px-3 py-4 text-sm text-muted">Nothing is called so.</li>}
      </ul>
    </fieldset>
  );
}
