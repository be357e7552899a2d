import type { Alert } from '@statewire/model';
import { Check, Clock, Eye, RotateCcw, UserRound } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { textOf } from '../../lib/form-text.ts';
import { plural } from '../../lib/format.ts';
import { useCan } from '../../lib/me.ts';
import { serverNow } from '../../lib/ticker.ts';
import { useBulk } from '../../parts/bulk-bar.tsx';
import { type ChosenAction, ChosenActions } from '../../parts/chosen-actions.tsx';
import { Field, Input } from '../../parts/field.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import type { Problem } from '../../rest/request.ts';
import { snoozes } from './snooze.ts';

interface Props {
  readonly alerts: readonly Alert[];
  /** A job was begun. */
  readonly onJob: (id: string) => void;
}

/** What can be done to the alerts that are chosen, as a job; each is meant only where it means something. */
export function AlertActions({ alerts, onJob }: Props): ReactNode {
  const bulk = useBulk('alerts', onJob);
  const [isAssigning, setAssigning] = useState(false);
  const canAck = useCan('alerts:ack');
  const canUnack = useCan('alerts:unack');
  const canSnooze = useCan('alerts:snooze');
  const canWake = useCan('alerts:unsnooze');
  const canAssign = useCan('alerts:assign');
  const canResolve = useCan('alerts:resolve');
  const open = alerts.filter(({ state }) => state !== 'resolved');
  const idsOf = (of: readonly Alert[]): readonly string[] => of.map(({ id }) => id);
  const unacked = open.filter(({ ackedAt }) => ackedAt === null);
  const acked = open.filter(({ ackedAt }) => ackedAt !== null);
  const snoozed = open.filter(({ snoozedUntil }) => snoozedUntil !== null);
  const none = open.length === 0;
  const actions: readonly (ChosenAction | false)[] = [
    canAck && {
      label: 'Acknowledge',
      icon: Eye,
      isOff: unacked.length === 0,
      run: () => bulk.press(idsOf(unacked), 'ack'),
    },
    canUnack &&
      acked.length > 0 && { label: 'Take back', icon: RotateCcw, run: () => bulk.press(idsOf(acked), 'unack') },
    canSnooze && {
      label: 'Snooze',
      icon: Clock,
      isOff: none,
      among: [
        ...snoozes.map(({ title, ms }) => ({
          label: `Snooze ${title}`,
          icon: Clock,
          onSelect: () => bulk.press(idsOf(open), 'snooze', { until: Math.round(serverNow()) + ms }),
        })),
        ...(canWake && snoozed.length > 0
          ? [{ label: 'End the snooze', onSelect: () => bulk.press(idsOf(snoozed), 'unsnooze') }]
          : []),
      ],
    },
    canAssign && { label: 'Assign', icon: UserRound, isOff: none, run: () => setAssigning(true) },
    canResolve && { label: 'Resolve', icon: Check, isOff: none, run: () => bulk.press(idsOf(open), 'resolve') },
  ];
  return (
    <>
      <ChosenActions
        noun={plural(alerts.length, 'alert')}
        actions={actions
          .filter((action) => action !== false)
          .map((action) => (bulk.busy ? { ...action, isOff: true } : action))}
      />
      {isAssigning && (
        <AssignDialog
          noun={plural(open.length, 'alert')}
          onAssign={(to) => bulk.begin(idsOf(open), 'assign', { to })}
          onClose={() => setAssigning(false)}
        />
      )}
    </>
  );
}

function AssignDialog({
  noun,
  onAssign,
  onClose,
}: {
  noun: string;
  onAssign: (to: string | null) => Promise<Problem | null>;
  onClose: () => void;
}): ReactNode {
  return (
    <FormDialog
      title={`Assign ${noun}`}
      verb={`Assign ${noun}`}
      onSubmit={(data) => {
        const to = textOf(data, 'to').trim();
        return onAssign(to === '' ? null : to);
      }}
      onClose={onClose}
    >
      <Field label="Assigned to" hint="Empty: nobody">
        {(ids) => <Input {...ids} name="to" maxLength={200} isFirst />}
      </Field>
    </FormDialog>
  );
}
