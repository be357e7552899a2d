import { ChangeHighlight } from '@statewire/react';
import type { Fact } from '@statewire/model';
import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import { latency, sentence, words } from '../lib/format.ts';
import { factLooks, notMeasured } from './status.tsx';
import { Lasting } from './time.tsx';

const titles: Readonly<Record<string, string>> = {
  reach: 'Reach',
  protocol: 'Protocol',
  inventory: 'Inventory',
  canary: 'Canary',
  auth: 'Auth',
  latency: 'Latency',
  certificate: 'Certificate',
};

/** Separately measured facts side by side: what, since when, how fast. `names` are shown even when not measured. */
export function FactsStrip({
  facts,
  names,
}: {
  facts: Readonly<Record<string, Fact>>;
  names: readonly string[];
}): ReactNode {
  const all = [...names, ...Object.keys(facts).filter((name) => !names.includes(name))];
  return (
    <dl className="pane grid grid-cols-2 overflow-clip sm:grid-cols-[repeat(auto-fit,minmax(9rem,1fr))]">
      {all.map((name) => (
        <FactCell key={name} title={titles[name] ?? sentence(words(name))} fact={facts[name] ?? null} />
      ))}
    </dl>
  );
}

function FactCell({ title, fact }: { title: string; fact: Fact | null }): ReactNode {
  const look = fact === null ? notMeasured : factLooks[fact.v];
  const Icon = look.icon;
  const isBad = fact !== null && (fact.v === 'fail' || fact.v === 'warn');
  return (
    // Lines on every side, cut at the edge of the pane: any number of cells in any number of rows.
    <div className="-mt-px -ml-px min-w-0 border-t border-l px-4 py-3">
      <dt className="flex items-center justify-between gap-2 text-xs text-muted">
        {title}
        {fact?.ms != null && <span>{latency(fact.ms)}</span>}
      </dt>
      <dd className="mt-1.5 min-w-0">
        <ChangeHighlight
          value={fact === null ? null : `${fact.v} ${fact.code}`}
          className={cx(
            'flex items-center gap-1.5 rounded',
            look.fill === 'bg-quiet' ? 'text-muted' : 'font-medium',
            isBad && look.ink,
          )}
        >
          <Icon aria-hidden className={cx('size-4 shrink-0', look.ink)} strokeWidth={2.25} />
          <span className="truncate">{fact !== null && isBad ? sentence(words(fact.code)) : look.word}</span>
        </ChangeHighlight>
        <p className="mt-0.5 truncate text-xs text-muted" title={fact?.text}>
          {fact === null ? (
            ' '
          ) : fact.v === 'skip' ? (
            fact.text
          ) : (
            <>
              for <Lasting since={fact.since} short />
              {fact.text !== '' && <> · {fact.text}</>}
            </>
          )}
        </p>
      </dd>
    </div>
  );
}
