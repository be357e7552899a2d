import type { ReactNode } from 'react';
import { bytes, count, duration, exact } from '../../lib/format.ts';
import { Pane } from '../../parts/pane.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { Ago } from '../../parts/time.tsx';
import type { StorePart } from '../../rest/types.ts';

const NAMES: Readonly<Record<string, string>> = {
  records: 'Records',
  changes: 'Change log',
  transitions: 'Transitions',
  samples: 'Checks, each',
  rollups5m: 'Checks, by 5 minutes',
  rollups1h: 'Checks, by hour',
  rollups1d: 'Checks, by day',
  documents: 'Documents',
  audits: 'Audit log',
};

/** What the store holds, for how long, and what it grows to. */
export function StoreSizes({
  parts,
  bytes: all,
  measuredAt,
}: {
  readonly parts: readonly StorePart[];
  /** Of the files, with what is free in them. */
  readonly bytes: number;
  readonly measuredAt: number | null;
}): ReactNode {
  if (measuredAt === null)
    return (
      <Pane title="Store" note="being measured">
        <BoneRows rows={9} className="h-9" />
      </Pane>
    );
  const isKnown = parts.every(({ fullBytes }) => fullBytes !== null);
  const full = parts.reduce((sum, { fullBytes, bytes: now }) => sum + Math.max(fullBytes ?? now, now), 0);
  return (
    <Pane
      title="Store"
      note={`${bytes(all)} on disk; ${isKnown ? `grows to about ${bytes(Math.max(full, all))} as rows come now` : 'too young to tell what it grows to'}`}
      actions={
        <span className="text-sm text-muted">
          measured <Ago at={measuredAt} />
        </span>
      }
    >
      <table className="w-full text-sm">
        <thead>
          <tr className="border-b text-left text-xs text-muted">
            <th className="px-4 py-2 font-medium">Rows</th>
            <th className="px-4 py-2 text-right font-medium max-sm:hidden">How many</th>
            <th className="px-4 py-2 text-right font-medium">Size</th>
            <th className="px-4 py-2 font-medium max-sm:hidden">Oldest</th>
            <th className="px-4 py-2 font-medium max-sm:hidden">Kept for</th>
            <th className="py-2 pr-4 text-right font-medium">Grows to</th>
          </tr>
        </thead>
        <tbody className="divide-y">
          {parts.map((part) => (
            <tr key={part.part}>
              <th scope="row" className="px-4 py-2 text-left font-normal whitespace-nowrap">
                {NAMES[part.part] ?? part.part}
              </th>
              <td className="px-4 py-2 text-right tabular-nums max-sm:hidden">{count(part.rows)}</td>
              <td className="px-4 py-2 text-right tabular-nums whitespace-nowrap">{bytes(part.bytes)}</td>
              <td className="px-4 py-2 whitespace-nowrap max-sm:hidden">
                {part.oldestAt === null ? (
                  <span className="text-muted">{part.rows === 0 ? 'none yet' : 'does not age'}</span>
                ) : (
                  <span title={exact(part.oldestAt)}>
                    <Ago at={part.oldestAt} />
                  </span>
                )}
              </td>
              <td className="px-4 py-2 whitespace-nowrap text-muted max-sm:hidden">{keptFor(part)}</td>
              <td className="py-2 pr-4 text-right tabular-nums">
                {part.fullBytes === null ? (
                  <span className="text-muted">after an hour</span>
                ) : (
                  bytes(Math.max(part.fullBytes, part.bytes))
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Pane>
  );
}

function keptFor({ part, keptMs }: StorePart): string {
  if (keptMs !== null) return duration(keptMs);
  return part === 'audits' ? 'as the organization says' : 'as long as it is there';
}
