import { type ReactNode, useState } from 'react';
import { type BoundKey, boundKeys } from '../lib/keys.ts';
import { Dialog } from '../parts/dialog.tsx';

/** The keys that do something now: those of the page that is open, and those of every page. Nothing is listed that is not bound. */
export default function KeyMap({ onClose }: { onClose: () => void }): ReactNode {
  const [keys] = useState(boundKeys);
  const here = keys.filter(({ isEverywhere }) => !isEverywhere).toSorted(byUse);
  const anywhere = keys.filter(({ isEverywhere }) => isEverywhere);
  return (
    <Dialog open onClose={onClose} title="Keys">
      <div className="space-y-5">
        {here.length > 0 && <Group title="On this page" keys={here} />}
        <Group title="Go to" keys={anywhere.filter(isChord)} />
        <Group title="Anywhere" keys={anywhere.filter((each) => !isChord(each))} />
      </div>
    </Dialog>
  );
}

function Group({ title, keys }: { readonly title: string; readonly keys: readonly BoundKey[] }): ReactNode {
  return (
    <section>
      <h3 className="mb-1.5 text-sm font-medium">{title}</h3>
      <dl className="grid grid-cols-[4.5rem_minmax(0,1fr)] gap-y-1.5 text-sm sm:grid-cols-[4.5rem_minmax(0,1fr)_4.5rem_minmax(0,1fr)]">
        {keys.map(({ key, says }) => (
          <div key={key} className="contents">
            <dt>
              <kbd className="code rounded border bg-sunken px-1.5 py-0.5 text-xs">{written(key)}</kbd>
            </dt>
            <dd className="text-muted">{says}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Moving first, doing after. */
const USE = ['/', 'j', 'k', 'Enter', 'x', 'Escape'];

function byUse(a: BoundKey, b: BoundKey): number {
  const place = ({ key }: BoundKey): number => (USE.includes(key) ? USE.indexOf(key) : USE.length);
  return place(a) - place(b) || (a.key < b.key ? -1 : 1);
}

function isChord({ key }: BoundKey): boolean {
  return key.startsWith('g ');
}

function written(key: string): string {
  return key === 'mod+k' ? (navigator.userAgent.includes('Mac') ? '⌘ K' : 'Ctrl K') : key === 'Escape' ? 'Esc' : key;
}
