import type { Message } from '@statewire/model';
import { Ban, Copy, Eye, MoreHorizontal, Pencil, Play, RotateCcw, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { count } from '../../lib/format.ts';
import { serverNow } from '../../lib/ticker.ts';
import { act, remove, run, save } from '../../live/command.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { InstantField } from '../../parts/instant-field.tsx';
import { Menu, type MenuItem } from '../../parts/menu.tsx';
import { failedToast } from '../../parts/toast.tsx';
import { type Problem, problem } from '../../rest/request.ts';

/** What of a message its actions depend on. */
export type ActedOn = Pick<Message, 'endsAt' | 'id' | 'shown' | 'startsAt' | 'state' | 'title'>;

interface Props {
  readonly row: ActedOn;
  readonly mayWrite: boolean;
  readonly mayDelete: boolean;
  /** May they write one that says the same? */
  readonly mayCopy: boolean;
  /** Leads to the page of the message, where it is a line of a list. */
  readonly onOpen?: () => void;
  readonly onEdit: () => void;
  readonly onCopy: () => void;
  readonly onDeleted?: () => void;
}

/** What can be done with a message where it stands now. */
export function MessageMenu({
  row,
  mayWrite,
  mayDelete,
  mayCopy,
  onOpen,
  onEdit,
  onCopy,
  onDeleted,
}: Props): ReactNode {
  const [asked, setAsked] = useState<'delete' | 'reactivate' | 'withdraw' | null>(null);
  const close = (): void => setAsked(null);
  const { id, title, state } = row;
  const isOver = state === 'expired' || state === 'withdrawn';
  const items: (MenuItem | null)[] = onOpen === undefined ? [] : [{ label: 'Open', icon: Eye, onSelect: onOpen }];
  if (mayWrite) {
    if (!isOver) items.push({ label: 'Edit', icon: Pencil, onSelect: onEdit });
    if (state === 'draft' || state === 'scheduled') {
      items.push({ label: 'Activate now', icon: Play, onSelect: () => void activate(row) });
    }
    if (state === 'draft' && row.startsAt !== null && row.startsAt > serverNow()) {
      items.push({ label: 'Schedule', icon: RotateCcw, onSelect: () => void act('messages', id, 'publish') });
    }
    if (isOver) items.push({ label: 'Show again', icon: RotateCcw, onSelect: () => setAsked('reactivate') });
    if (mayCopy) items.push({ label: 'Duplicate', icon: Copy, onSelect: onCopy });
    if (state === 'scheduled' || state === 'active') {
      items.push(null, { label: 'Withdraw', icon: Ban, danger: true, onSelect: () => setAsked('withdraw') });
    }
  }
  if (mayDelete) {
    items.push(null, { label: 'Delete', icon: Trash2, danger: true, onSelect: () => setAsked('delete') });
  }
  return (
    <>
      <Menu
        trigger={
          <Button tone="ghost" size="icon" aria-label={`More for ${title}`}>
            <MoreHorizontal aria-hidden />
          </Button>
        }
        items={items}
      />
      <Withdraw row={row} open={asked === 'withdraw'} onClose={close} />
      {asked === 'reactivate' && <Again row={row} onClose={close} />}
      <Confirm
        open={asked === 'delete'}
        onClose={close}
        title={`Delete ${title}?`}
        verb="Delete it"
        onConfirm={async () => {
          const failed = await remove('messages', [id]);
          if (failed === null) onDeleted?.();
          return failed;
        }}
      >
        <p>
          {state === 'active' ? 'Its readers lose it at once. ' : ''}What became of it goes with it; there is no way
          back from here.
        </p>
      </Confirm>
    </>
  );
}

/** Takes a message back, after asking. */
export function Withdraw({ row, open, onClose }: { row: ActedOn; open: boolean; onClose: () => void }): ReactNode {
  const { id, title, state, shown } = row;
  return (
    <Confirm
      open={open}
      onClose={onClose}
      title={`Withdraw ${title}?`}
      verb="Withdraw it"
      onConfirm={() => run('messages', id, 'withdraw')}
    >
      <p>
        {state === 'active'
          ? `It goes from every screen at once${shown > 0 ? `; ${count(shown)} have seen it` : ''}. It can be shown again later.`
          : 'It will not be shown at its time. It can be shown again later.'}
      </p>
    </Confirm>
  );
}

/** Shows a draft or a planned one now, whatever beginning it has. */
export async function activate({ id, state }: Pick<ActedOn, 'id' | 'state'>): Promise<void> {
  const failed =
    state === 'draft'
      ? await run('messages', id, 'publish', { startsAt: null })
      : await save('messages', id, { startsAt: null });
  if (failed !== null) failedToast(failed);
}

/** Shows one that is over once more: from now or later, until when. */
export function Again({ row, onClose }: { row: ActedOn; onClose: () => void }): ReactNode {
  const [startsAt, setStartsAt] = useState<number | null>(null);
  const [endsAt, setEndsAt] = useState<number | null>(
    row.endsAt !== null && row.endsAt > serverNow() ? row.endsAt : null,
  );
  const submit = (): Promise<Problem | null> => {
    const from = Math.max(startsAt ?? 0, serverNow());
    if (endsAt !== null && endsAt <= from) {
      return Promise.resolve(problem('bad_field', 'It ends before it begins', 'Choose a later end, or none'));
    }
    return run('messages', row.id, 'reactivate', { startsAt, endsAt });
  };
  return (
    <FormDialog
      title={`Show ${row.title} again`}
      note="Who put it away does not see it again."
      verb={startsAt !== null && startsAt > serverNow() ? 'Schedule' : 'Activate now'}
      onSubmit={submit}
      onClose={onClose}
    >
      <InstantField label="Begins" value={startsAt} onChange={setStartsAt} hint="Empty: now" />
      <InstantField label="Ends" value={endsAt} onChange={setEndsAt} hint="Empty: when it is withdrawn" />
    </FormDialog>
  );
}
