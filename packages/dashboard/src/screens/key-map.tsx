import type { ReactNode } from 'react';
import { pages } from '../lib/pages.ts';
import { Dialog } from '../parts/dialog.tsx';

const groups: readonly { readonly title: string; readonly keys: readonly (readonly [string, string])[] }[] = [
  {
    title: 'Anywhere',
    keys: [
      ['Ctrl K', 'Search and commands'],
      ...pages.map((page): readonly [string, string] => [`g ${page.key}`, page.title]),
      ['?', 'These keys'],
    ],
  },
  {
    title: 'Lists',
    keys: [
      ['/', 'Filter'],
      ['j', 'Next row'],
      ['k', 'Previous row'],
      ['Enter', 'Open'],
      ['x', 'Select, with Shift up to here'],
      ['r', 'Recheck'],
      ['n', 'Add or plan: a service, an incident, a maintenance'],
      ['Esc', 'Clear the selection'],
    ],
  },
  {
    title: 'Alerts and inbox',
    keys: [
      ['a', 'Acknowledge the alert'],
      ['s', 'Snooze the alert 1 h'],
      ['e', 'Archive what is selected, or the row'],
    ],
  },
  {
    title: 'Alerts',
    keys: [
      ['a', 'Acknowledge'],
      ['s', 'Snooze'],
    ],
  },
  {
    title: 'One service',
    keys: [
      ['r', 'Recheck'],
      ['e', 'Edit'],
    ],
  },
];

/** The keyboard map. */
export default function KeyMap({ onClose }: { onClose: () => void }): ReactNode {
  return (
    <Dialog open onClose={onClose} title="Keys">
      <div className="space-y-5">
        {groups.map((group) => (
          <section key={group.title}>
            <h3 className="mb-1.5 text-sm font-medium">{group.title}</h3>
            <dl className="grid grid-cols-[5.5rem_minmax(0,1fr)] gap-y-1.5 text-sm">
              {group.keys.map(([key, text]) => (
                <div key={`${key} ${text}`} className="contents">
                  <dt>
                    <kbd className="code rounded border bg-sunken px-1.5 py-0.5 text-xs">{key}</kbd>
                  </dt>
                  <dd className="text-muted">{text}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
