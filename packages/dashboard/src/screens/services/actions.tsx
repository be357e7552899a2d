import { BellOff, BellRing, Pause, Play, RefreshCw, Tag, Trash2, Wrench } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { plural } from '../../lib/format.ts';
import type { ListedService } from '../../lib/listed.ts';
import { useCan } from '../../lib/me.ts';
import { serverNow } from '../../lib/ticker.ts';
import { mute, pause, recheck, resume, unmute } from '../../live/command.ts';
import { useBulk } from '../../parts/bulk-bar.tsx';
import { Button } from '../../parts/button.tsx';
import { LabelDialog } from '../../parts/label-dialog.tsx';
import { Menu } from '../../parts/menu.tsx';

interface Props {
  readonly services: readonly ListedService[];
  /** A job was begun. */
  readonly onJob: (id: string) => void;
  readonly onMaintain: () => void;
  readonly onRemove: () => void;
}

const HOUR_MS = 3_600_000;
const SPANS = [
  ['1 hour', HOUR_MS],
  ['4 hours', 4 * HOUR_MS],
  ['1 day', 24 * HOUR_MS],
] as const;
/** A selector names as many. */
const MAINTAINED_MAX = 1_000;

/** Is there anything that this person may do to several of them? */
export function useCanBulk(collection: 'services'): boolean {
  const may = [useCan(`${collection}:change`), useCan(`${collection}:mute`), useCan(`${collection}:refresh`)];
  return useCan('jobs:bulk') && may.some(Boolean);
}

/** What can be done to the services that are chosen. One is done at once; several are a job, which can be taken back. */
export function ServiceActions({ services, onJob, onMaintain, onRemove }: Props): ReactNode {
  const bulk = useBulk('services', onJob);
  const [isLabelling, setLabelling] = useState(false);
  const canChange = useCan('services:change');
  const canDelete = useCan('services:delete');
  const canMaintain = useCan('maintenances:create');
  const ids = services.map(({ id }) => id);
  const [only] = services;
  const one = services.length === 1 ? only : undefined;
  const probed = services.filter(({ kind, desired }) => kind !== 'heartbeat' && desired === 'active');
  const button = (op: string, label: string, icon: ReactNode, onPress: () => void, isOff = false): ReactNode => (
    <Button key={op} tone="ghost" disabled={bulk.busy || isOff} onClick={onPress}>
      {icon} <span className="max-sm:sr-only">{label}</span>
    </Button>
  );
  return (
    <>
      {useCan('services:refresh') &&
        button(
          'refresh',
          'Recheck',
          <RefreshCw aria-hidden />,
          () =>
            one === undefined
              ? bulk.press(
                  probed.map(({ id }) => id),
                  'refresh',
                )
              : void recheck(one),
          probed.length === 0,
        )}
      {useCan('services:pause') &&
        button('pause', 'Pause', <Pause aria-hidden />, () =>
          one === undefined ? bulk.press(ids, 'pause') : void pause([one]),
        )}
      {useCan('services:resume') &&
        button('resume', 'Resume', <Play aria-hidden />, () =>
          one === undefined ? bulk.press(ids, 'resume') : void resume([one]),
        )}
      {useCan('services:mute') && (
        <Menu
          trigger={
            <Button tone="ghost" disabled={bulk.busy}>
              <BellOff aria-hidden /> <span className="max-sm:sr-only">Mute</span>
            </Button>
          }
          items={[
            ...SPANS.map(([label, ms]) => ({
              label: `Mute ${label}`,
              icon: BellOff,
              onSelect: () =>
                one === undefined
                  ? bulk.press(ids, 'mute', { until: Math.round(serverNow()) + ms })
                  : void mute([one], ms),
            })),
            {
              label: 'Unmute',
              icon: BellRing,
              onSelect: () => (one === undefined ? bulk.press(ids, 'unmute') : void unmute([one])),
            },
          ]}
        />
      )}
      {canMaintain &&
        button('maintain', 'Maintenance', <Wrench aria-hidden />, onMaintain, services.length > MAINTAINED_MAX)}
      {canChange && button('label', 'Label', <Tag aria-hidden />, () => setLabelling(true))}
      {canDelete && (
        <Button tone="ghost" className="text-down hover:text-down" disabled={bulk.busy} onClick={onRemove}>
          <Trash2 aria-hidden /> <span className="max-sm:sr-only">Remove</span>
        </Button>
      )}
      {isLabelling && (
        <LabelDialog
          noun={plural(services.length, 'service')}
          onBegin={(op, fields) => bulk.begin(ids, op, fields)}
          onClose={() => setLabelling(false)}
        />
      )}
    </>
  );
}
