import { BellOff, BellRing, Pause, Play, RefreshCw, Tag, Trash2, Wrench } from 'lucide-react';
import type { JsonObject } from '@statewire/protocol';
import { type ReactNode, useState } from 'react';
import { plural } from '../../lib/format.ts';
import type { ListedService } from '../../lib/listed.ts';
import { useCan } from '../../lib/me.ts';
import { serverNow } from '../../lib/ticker.ts';
import { mute, pause, recheck, resume, unmute } from '../../live/command.ts';
import { useBulk } from '../../parts/bulk-bar.tsx';
import { type ChosenAction, ChosenActions } from '../../parts/chosen-actions.tsx';
import { LabelDialog } from '../../parts/label-dialog.tsx';

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
  /** One is done at once, several are a job. */
  const press = (op: string, alone: (one: ListedService) => Promise<void>, fields?: JsonObject): void =>
    one === undefined ? bulk.press(ids, op, fields) : void alone(one);
  const canRefresh = useCan('services:refresh');
  const canPause = useCan('services:pause');
  const canResume = useCan('services:resume');
  const canMute = useCan('services:mute');
  const actions: readonly (ChosenAction | false)[] = [
    canRefresh && {
      label: 'Recheck',
      icon: RefreshCw,
      isOff: probed.length === 0,
      run: () =>
        one === undefined
          ? bulk.press(
              probed.map(({ id }) => id),
              'refresh',
            )
          : void recheck(one),
    },
    canPause && { label: 'Pause', icon: Pause, run: () => press('pause', (row) => pause([row])) },
    canResume && { label: 'Resume', icon: Play, run: () => press('resume', (row) => resume([row])) },
    canMute && {
      label: 'Mute',
      icon: BellOff,
      among: [
        ...SPANS.map(([label, ms]) => ({
          label: `Mute ${label}`,
          icon: BellOff,
          onSelect: () => press('mute', (row) => mute([row], ms), { until: Math.round(serverNow()) + ms }),
        })),
        { label: 'Unmute', icon: BellRing, onSelect: () => press('unmute', (row) => unmute([row])) },
      ],
    },
    canMaintain && { label: 'Maintenance', icon: Wrench, isOff: services.length > MAINTAINED_MAX, run: onMaintain },
    canChange && { label: 'Label', icon: Tag, run: () => setLabelling(true) },
    canDelete && { label: 'Remove', icon: Trash2, isDanger: true, run: onRemove },
  ];
  return (
    <>
      <ChosenActions
        noun={plural(services.length, 'service')}
        actions={actions
          .filter((action) => action !== false)
          .map((action) => (action.label === 'Label' || !bulk.busy ? action : { ...action, isOff: true }))}
      />
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
