import type { Alert } from '@statewire/model';
import { Check, Clock, Eye, RotateCcw, UserRound } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { textOf } from '../../lib/form-text.ts';
import { plural } from '../../lib/format.ts';
import { useCan } from '../../lib/me.ts';
import { serverNow } from '../../lib/ticker.ts';
import { useBulk } from '../../parts/bulk-bar.tsx';
import { Button } from '../../parts/button.tsx';
import { Field, Input } from '../../parts/field.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { Menu } from '../../parts/menu.tsx';
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
  return (
    <>
      {canAck && (
        <Button
          tone="ghost"
          disabled={bulk.busy || unacked.length === 0}
          onClick={() => bulk.press(idsOf(unacked), 'ack')}
        >
          <Eye aria-hidden /> <span className="max-sm:sr-only">Acknowledge</span>
        </Button>
      )}
      {canUnack && acked.length > 0 && (
        <Button tone="ghost" disabled={bulk.busy} onClick={() => bulk.press(idsOf(acked), 'unack')}>
          <RotateCcw aria-hidden /> <span className="max-sm:sr-only">Take back</span>
        </Button>
      )}
      {canSnooze && (
        <Menu
          trigger={
            <Button tone="ghost" disabled={bulk.busy || open.length === 0}>
              <Clock aria-hidden /> <span className="max-sm:sr-only">Snooze</span>
            </Button>
          }
          items={[
            ...snoozes.map(({ title, ms }) => ({
              label: `Snooze ${title}`,
              icon: Clock,
              onSelect: () => bulk.press(idsOf(open), 'snooze', { until: Math.round(serverNow()) + ms }),
            })),
            ...(canWake && snoozed.length > 0
              ? [{ label: 'End the snooze', onSelect: () => bulk.press(idsOf(snoozed), 'unsnooze') }]
              : []),
          ]}
        />
      )}
      {canAssign && (
        <Button tone="ghost" disabled={bulk.busy || open.length === 0} onClick={() => setAssigning(true)}>
          <UserRound aria-hidden /> <span className="max-sm:sr-only">Assign</span>
        </Button>
      )}
      {canResolve && (
        <Button
          tone="ghost"
          disabled={bulk.busy || open.length === 0}
          onClick={() => bulk.press(idsOf(open), 'resolve')}
        >
          <Check aria-hidden /> <span className="max-sm:sr-only">Resolve</span>
        </Button>
      )}
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
