import type { StatusRow, UptimeValue, UptimeWindows } from '@statewire/model';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { env } from '../../lib/env.ts';
import { duration, exact, plural } from '../../lib/format.ts';
import { serverNow } from '../../lib/ticker.ts';
import { coverageText, type Day, daysOf, isThin, percent } from '../../lib/uptime.ts';
import { Button } from '../../parts/button.tsx';
import { DayBar } from '../../parts/day-bar.tsx';
import { Pane } from '../../parts/pane.tsx';
import { Bone, BoneRows } from '../../parts/skeleton.tsx';
import { Lasting } from '../../parts/time.tsx';
import { uptimeQuery } from '../../rest/queries.ts';

const windows = [
  { key: 'h24', title: '24 hours' },
  { key: 'd7', title: '7 days' },
  { key: 'd30', title: '30 days' },
  { key: 'd90', title: '90 days' },
] as const satisfies readonly { readonly key: keyof UptimeWindows & string; readonly title: string }[];

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** A record whose past is shown, and the collection it is of. */
interface Past {
  readonly row: StatusRow;
  readonly of?: 'agents' | 'services';
}

/** Uptime of four windows, and the last ninety days one by one. */
export function UptimePane({ row, of = 'services' }: Past): ReactNode {
  const { bar } = row;
  // Another day begins with another bar; until then the days stay the same objects.
  const days = useMemo(() => daysOf(bar, serverNow()), [bar]);
  return (
    <section aria-label="Uptime" className="pane grid gap-x-8 gap-y-5 px-4 py-4 lg:grid-cols-[auto_minmax(0,1fr)]">
      <dl className="grid grid-cols-2 gap-x-8 gap-y-3 sm:grid-cols-4 lg:grid-cols-[repeat(4,auto)]">
        {windows.map(({ key, title }) => (
          <Tile key={key} title={title} value={row.uptime?.[key] ?? null} />
        ))}
      </dl>
      <div className="min-w-0 self-center">
        <DayBar days={days}>{(day) => <OfDay of={of} id={row.id} day={day} as={asOf(row)} />}</DayBar>
      </div>
    </section>
  );
}

function Tile({ title, value }: { title: string; value: UptimeValue | null }): ReactNode {
  const thin = value === null || isThin(value);
  const told = value === null ? 'Not worked out yet' : coverageText(value);
  return (
    <div title={told} className="min-w-0">
      <dt className="text-xs whitespace-nowrap text-muted">{title}</dt>
      <dd className={cx('mt-0.5 text-lg font-medium whitespace-nowrap', thin && 'text-muted')}>
        {percent(value?.pct ?? null)}
        <span className="sr-only">. {told}.</span>
      </dd>
    </div>
  );
}

// A pointer that only passes over the days asks for none of them.
const RESTING_MS = 150;

function OfDay({ of, id, day, as }: { of: string; id: string; day: Day; as: string }): ReactNode {
  const [asked, setAsked] = useState<number | null>(null);
  useEffect(() => env.after(RESTING_MS, () => setAsked(day.at)), [day.at]);
  const isAsked = asked === day.at;
  // Today ends at the last full minute: what is asked is asked once a minute at most.
  const to = Math.min(day.at + DAY_MS, Math.floor(serverNow() / MINUTE_MS) * MINUTE_MS);
  const { data, isPending } = useQuery({
    ...uptimeQuery(of, id, { from: day.at, to }, as),
    enabled: isAsked,
  });
  if (!isAsked || isPending) return <Bone className="mt-1 h-4 w-24" />;
  if (data === undefined) return null;
  return (
    <>
      <p>
        {percent(data.pct)} <span className="text-muted">uptime</span>
      </p>
      {data.outages.count > 0 && (
        <p className="text-xs text-muted">
          {plural(data.outages.count, 'outage')}, longest {duration(data.outages.longestMs)}
        </p>
      )}
    </>
  );
}

const SHOWN = 5;

/** When it was down in the last ninety days, and for how long. */
export function OutagesPane({ row, of = 'services' }: Past): ReactNode {
  const [isWhole, setWhole] = useState(false);
  const { data } = useQuery({
    ...uptimeQuery(of, row.id, '90d', asOf(row)),
    placeholderData: (before, query) => (query?.queryKey[2] === row.id ? before : undefined),
  });
  const list = data?.outages.list ?? [];
  const longest = Math.max(1, ...list.map(({ ms }) => ms));
  return (
    <Pane
      title="Outages"
      note={
        data === undefined
          ? 'last 90 days'
          : data.outages.count === 0
            ? 'none in the last 90 days'
            : `${plural(data.outages.count, 'time')} in the last 90 days, longest ${duration(data.outages.longestMs)}`
      }
    >
      {data === undefined ? (
        <BoneRows rows={2} className="h-10" />
      ) : (
        list.length > 0 && (
          <>
            <ol>
              {list.slice(0, isWhole ? undefined : SHOWN).map(({ from, to, ms }) => (
                <li
                  key={from}
                  className="grid min-h-10 grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 border-b px-4 py-1.5 text-sm last:border-b-0 sm:grid-cols-[11rem_minmax(0,1fr)_7rem]"
                >
                  <time dateTime={new Date(from).toISOString()}>{exact(from)}</time>
                  <span aria-hidden className="max-sm:hidden">
                    <span
                      className="block h-1.5 min-w-1 rounded-full bg-down-fill"
                      style={{ width: `${(ms / longest) * 100}%` }}
                    />
                  </span>
                  <span className={cx('text-right', to === null && 'font-medium text-down')}>
                    {to === null ? (
                      <>
                        <Lasting since={from} />, still
                      </>
                    ) : (
                      duration(ms)
                    )}
                  </span>
                </li>
              ))}
            </ol>
            {list.length > SHOWN && (
              <p className="border-t px-3 py-1.5">
                <Button tone="ghost" size="small" onClick={() => setWhole(!isWhole)}>
                  {isWhole ? 'Fewer' : `All ${list.length}`}
                </Button>
              </p>
            )}
          </>
        )
      )}
    </Pane>
  );
}

/** What on the live record moves when its past is worked out again: a change, a day's letter, an annotation. */
function asOf({ flaps, bar, uptime }: StatusRow): string {
  return `${flaps} ${bar} ${uptime?.d90.pct ?? ''}`;
}
