import { DELIVERY_STATES, type Delivery, type DeliveryState } from '@statewire/model';
import { Ban, CircleAlert, CircleCheck, Clock, Layers, type LucideIcon, Send } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { exact, plural, sentence, words } from '../../lib/format.ts';
import { serverNow } from '../../lib/ticker.ts';
import { useRows } from '../../live/rows.ts';
import { Empty } from '../../parts/empty.tsx';
import { Select } from '../../parts/field.tsx';
import { VirtualList } from '../../parts/list.tsx';
import { Pane } from '../../parts/pane.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { Ago } from '../../parts/time.tsx';

const looks: Readonly<Record<DeliveryState, { readonly icon: LucideIcon; readonly ink: string }>> = {
  queued: { icon: Clock, ink: 'text-maintenance' },
  delivered: { icon: CircleCheck, ink: 'text-up' },
  failed: { icon: CircleAlert, ink: 'text-down' },
  summarized: { icon: Layers, ink: 'text-quiet' },
  canceled: { icon: Ban, ink: 'text-quiet' },
};

const WEEK_MS = 7 * 86_400_000;

/** What was sent, what waits, and what failed with its reason: the last 7 days. */
export function Deliveries(): ReactNode {
  const [since] = useState(() => serverNow() - WEEK_MS);
  const [state, setState] = useState<DeliveryState | null>(null);
  const view = useRows('deliveries', ['gt', 'queuedAt', since]);
  const rows = useMemo(
    () =>
      view.rows
        .filter((row) => state === null || row.state === state)
        .sort((a, b) => b.queuedAt - a.queuedAt || (a.id < b.id ? -1 : 1)),
    [view.rows, state],
  );
  return (
    <Pane
      title="Deliveries"
      note="the last 7 days"
      actions={
        <Select
          aria-label="State"
          value={state ?? ''}
          className="h-8 w-36"
          onChange={(event) => setState(DELIVERY_STATES.find((name) => name === event.currentTarget.value) ?? null)}
        >
          <option value="">Any state</option>
          {DELIVERY_STATES.map((name) => (
            <option key={name} value={name}>
              {sentence(name)}
            </option>
          ))}
        </Select>
      }
    >
      {view.isLoading ? (
        <BoneRows rows={6} className="h-12" />
      ) : rows.length === 0 ? (
        <Empty icon={Send} title="Nothing was sent">
          Each notice, its attempts and what came of it stand here.
        </Empty>
      ) : (
        <VirtualList items={rows} keyOf={(row) => row.id} rowHeight={52}>
          {(row) => <Row row={row} />}
        </VirtualList>
      )}
    </Pane>
  );
}

function Row({ row }: { row: Delivery }): ReactNode {
  const look = looks[row.state];
  return (
    <div className="flex min-h-13 items-center gap-3 px-4 py-2">
      <look.icon aria-label={sentence(row.state)} className={cx('size-4 shrink-0', look.ink)} />
      <div className="min-w-0 flex-1">
        <p className="truncate">{row.title}</p>
        <p className="truncate text-xs text-muted">
          {row.channelName} · {words(row.kind)}
          {row.to !== '' && ` · to ${row.to}`}
          {row.attempts > 1 && ` · ${plural(row.attempts, 'attempt')}`}
          {row.error !== '' && <span className="text-down"> · {row.error}</span>}
        </p>
      </div>
      <span className="shrink-0 text-right text-xs text-muted" title={exact(row.queuedAt)}>
        {row.state === 'queued' && row.nextAt !== null && row.attempts > 0 ? (
          <>
            again <Ago at={row.nextAt} />
          </>
        ) : (
          <Ago at={row.deliveredAt ?? row.queuedAt} />
        )}
      </span>
    </div>
  );
}
