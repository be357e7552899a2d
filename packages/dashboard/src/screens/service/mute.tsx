import type { StatusRow } from '@statewire/model';
import { Bell, BellOff } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { serverNow } from '../../lib/ticker.ts';
import { act, run } from '../../live/command.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field, Input, Select } from '../../parts/field.tsx';
import { Menu, type MenuItem } from '../../parts/menu.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import type { Problem } from '../../rest/request.ts';

const HOUR_MS = 3_600_000;

/** How long a record is usually muted; null: until somebody says otherwise. */
const spans: readonly { readonly title: string; readonly ms: number | null }[] = [
  { title: '1 hour', ms: HOUR_MS },
  { title: '4 hours', ms: 4 * HOUR_MS },
  { title: '1 day', ms: 24 * HOUR_MS },
  { title: 'until I say', ms: null },
];

type Muted = Pick<StatusRow, 'id' | 'overlay'> & { readonly name: string };

interface Props {
  readonly collection: 'services' | 'agents' | 'connections';
  readonly row: Muted;
  readonly trigger?: ReactNode;
}

/** Nobody is told of this record for a while; measuring goes on. */
export function MuteMenu({ collection, row, trigger }: Props): ReactNode {
  const [isAsking, setAsking] = useState(false);
  const items: readonly (MenuItem | null)[] = row.overlay.muted
    ? [{ label: 'Unmute', icon: Bell, onSelect: () => void act(collection, row.id, 'unmute') }]
    : [
        ...spans.map(({ title, ms }) => ({
          label: ms === null ? 'Until I say' : `For ${title}`,
          icon: BellOff,
          onSelect: () => void act(collection, row.id, 'mute', { until: untilOf(ms) }),
        })),
        null,
        { label: 'With a reason…', onSelect: () => setAsking(true) },
      ];
  return (
    <>
      <Menu
        trigger={
          trigger ?? (
            <Button>
              <BellOff aria-hidden /> {row.overlay.muted ? 'Muted' : 'Mute'}
            </Button>
          )
        }
        items={items}
      />
      {isAsking && <WithReason collection={collection} row={row} onClose={() => setAsking(false)} />}
    </>
  );
}

function WithReason({ collection, row, onClose }: Props & { readonly onClose: () => void }): ReactNode {
  const [reason, setReason] = useState('');
  const [span, setSpan] = useState(0);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const submit = async (): Promise<void> => {
    setBusy(true);
    const failed = await run(collection, row.id, 'mute', {
      until: untilOf(spans[span]?.ms ?? null),
      reason: reason.trim(),
    });
    setBusy(false);
    if (failed === null) onClose();
    else setProblem(failed);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Mute ${row.name}`}
      note="Nobody is told of it; what is measured goes on and is shown."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" busy={busy} onClick={() => void submit()}>
            Mute it
          </Button>
        </>
      }
    >
      <div className="space-y-3">
        <Field label="Why" hint="Those who look next read it first">
          {(ids) => (
            <Input
              {...ids}
              isFirst
              maxLength={500}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
          )}
        </Field>
        <Field label="For how long">
          {(ids) => (
            <Select {...ids} value={span} onChange={(event) => setSpan(Number(event.currentTarget.value))}>
              {spans.map(({ title }, i) => (
                <option key={title} value={i}>
                  {title}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {problem !== null && <ProblemNote problem={problem} />}
      </div>
    </Dialog>
  );
}

function untilOf(ms: number | null): number | null {
  return ms === null ? null : Math.round(serverNow()) + ms;
}
