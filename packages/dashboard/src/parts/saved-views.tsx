import type { SavedView } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import { Bookmark, Check, Pin, PinOff, Plus, RefreshCw, Trash2, Users } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { textOf } from '../lib/form-text.ts';
import { useMe } from '../lib/me.ts';
import { remove, save } from '../live/command.ts';
import { useRows } from '../live/rows.ts';
import type { Problem } from '../rest/request.ts';
import { Button } from './button.tsx';
import { Field, Input, Switch } from './field.tsx';
import { FormDialog } from './form-dialog.tsx';
import { Menu, type MenuItem } from './menu.tsx';
import { failedToast } from './toast.tsx';

interface Props {
  /** The page's name: `services`. */
  readonly page: string;
  /** How the page is looked at now: the part of its address that a view keeps. */
  readonly search: object;
  /** Shows the page as a view says. */
  readonly onApply: (search: JsonObject) => void;
}

/**
 * Views of a page under a name: one's own and those that others share. What a view is stands in the address, so that applying one is
 * going there. Somebody's default is applied when they come to the bare page.
 */
export function SavedViews({ page, search, onApply }: Props): ReactNode {
  const { me } = useMe();
  const { rows, isLoading } = useRows('saved-views', ['eq', 'page', page]);
  const [isSaving, setSaving] = useState(false);
  const now = JSON.stringify(sorted(search));
  const isMine = (view: SavedView): boolean => view.owner === me.id;
  const current = rows.find((view) => JSON.stringify(sorted(view.search)) === now && now !== '{}') ?? null;
  const home = rows.find((view) => view.isDefault && isMine(view)) ?? null;

  // Once, and only where nothing else was asked for.
  const isBare = useRef(now === '{}');
  useEffect(() => {
    if (isLoading || !isBare.current) return;
    isBare.current = false;
    if (home !== null && now === '{}') onApply(home.search);
  }, [isLoading, home, now, onApply]);

  const change = async (view: SavedView, fields: JsonObject): Promise<void> => {
    const failed = await save('saved-views', view.id, fields);
    if (failed !== null) failedToast(failed);
  };
  const order = [...rows].sort((a, b) => (a.name < b.name ? -1 : 1));
  const items: (MenuItem | null)[] = [
    ...order.map((view): MenuItem => ({
      label: isMine(view) ? view.name : `${view.name} · ${view.ownerName}`,
      icon: view === current ? Check : view.isShared ? Users : Bookmark,
      onSelect: () => onApply(view.search),
    })),
    ...(rows.length === 0 ? [] : [null]),
    { label: 'Save this view', icon: Plus, disabled: now === '{}', onSelect: () => setSaving(true) },
  ];
  const lastUsed = useLast(current, rows);
  const target = current ?? lastUsed;
  if (target !== null && isMine(target)) {
    if (current === null) {
      items.push({
        label: `Update ${target.name}`,
        icon: RefreshCw,
        disabled: now === '{}',
        onSelect: () => void change(target, { search: plainOf(search) }),
      });
    }
    items.push(
      {
        label: target.isShared ? `Stop sharing ${target.name}` : `Share ${target.name}`,
        icon: Users,
        onSelect: () => void change(target, { isShared: !target.isShared }),
      },
      {
        label: target.isDefault ? `No longer my default` : `Make ${target.name} my default`,
        icon: target.isDefault ? PinOff : Pin,
        onSelect: () => void change(target, { isDefault: !target.isDefault }),
      },
      {
        label: `Delete ${target.name}`,
        icon: Trash2,
        danger: true,
        onSelect: () =>
          void remove('saved-views', [target.id]).then((failed) => failed !== null && failedToast(failed)),
      },
    );
  }
  return (
    <>
      <Menu
        trigger={
          <Button aria-label={current === null ? 'Saved views' : `Saved views: ${current.name}`}>
            <Bookmark aria-hidden />
            <span className="max-w-40 truncate max-sm:sr-only">{current?.name ?? 'Views'}</span>
          </Button>
        }
        items={items}
      />
      {isSaving && (
        <SaveDialog
          onClose={() => setSaving(false)}
          onSave={(fields) => save('saved-views', null, { page, search: plainOf(search), ...fields })}
        />
      )}
    </>
  );
}

/** The view that was applied before the address moved on: what "update" means. */
function useLast(current: SavedView | null, rows: readonly SavedView[]): SavedView | null {
  const [id, setId] = useState(current?.id ?? null);
  if (current !== null && current.id !== id) setId(current.id);
  return rows.find((view) => view.id === id) ?? null;
}

function SaveDialog({
  onClose,
  onSave,
}: {
  onClose: () => void;
  onSave: (fields: JsonObject) => Promise<Problem | null>;
}): ReactNode {
  const [isShared, setShared] = useState(false);
  const [isDefault, setDefault] = useState(false);
  return (
    <FormDialog
      title="Save this view"
      note="Filters and order, under a name."
      verb="Save"
      onSubmit={(data) => onSave({ name: textOf(data, 'name').trim(), isShared, isDefault })}
      onClose={onClose}
    >
      <Field label="Name">{(ids) => <Input {...ids} name="name" required maxLength={100} isFirst />}</Field>
      <Switch label="Everybody here sees it" checked={isShared} onChange={setShared} />
      <Switch label="What I see when I come here" checked={isDefault} onChange={setDefault} />
    </FormDialog>
  );
}

/** Equal addresses say their fields in different orders. */
function sorted(search: object): object {
  return Object.fromEntries(Object.entries(search).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function plainOf(search: object): JsonObject {
  const plain: JsonObject = JSON.parse(JSON.stringify(search));
  return plain;
}
