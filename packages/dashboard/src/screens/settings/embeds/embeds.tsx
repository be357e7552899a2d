import type { Embed } from '@statewire/model';
import { Code, PanelsTopLeft, Pencil, Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { exact, plural } from '../../../lib/format.ts';
import { useCan } from '../../../lib/me.ts';
import { selectionText } from '../../../lib/selection.ts';
import { remove } from '../../../live/command.ts';
import { useRows } from '../../../live/rows.ts';
import { Button } from '../../../parts/button.tsx';
import { Confirm } from '../../../parts/confirm.tsx';
import { Empty } from '../../../parts/empty.tsx';
import { useCrumbs } from '../../../parts/frame.tsx';
import { Pane } from '../../../parts/pane.tsx';
import { BoneRows } from '../../../parts/skeleton.tsx';
import { Ago } from '../../../parts/time.tsx';
import { done } from '../../../parts/toast.tsx';
import { NotYours } from '../layout.tsx';
import { EmbedEditor } from './editor.tsx';
import { PANELS, selectorIn } from './look.ts';
import { EmbedSnippet } from './snippet.tsx';

const SETTINGS = { title: 'Settings' } as const;

/** Panels for pages of others: what each shows, where, until when, and the tag that shows it. */
export function Embeds(): ReactNode {
  useCrumbs('Embeds', SETTINGS);
  return useCan('embeds:read') ? <EmbedsPane /> : <NotYours />;
}

function EmbedsPane(): ReactNode {
  const { rows, isLoading } = useRows('embeds');
  const canMake = useCan('embeds:create');
  const canChange = useCan('embeds:change');
  const canShow = useCan('embeds:token');
  const canDelete = useCan('embeds:delete');
  const [editing, setEditing] = useState<Embed | 'new' | null>(null);
  const [showing, setShowing] = useState<string | null>(null);
  const [removing, setRemoving] = useState<Embed | null>(null);
  const shown = rows.find(({ id }) => id === showing);
  return (
    <Pane
      title="Embeds"
      {...(rows.length === 0 ? {} : { note: plural(rows.length, 'embed') })}
      actions={
        canMake && (
          <Button size="small" onClick={() => setEditing('new')}>
            <Plus aria-hidden /> New embed
          </Button>
        )
      }
    >
      {isLoading ? (
        <BoneRows rows={2} className="h-14" />
      ) : rows.length === 0 ? (
        <Empty icon={PanelsTopLeft} title="No embeds yet" className="py-8">
          Show a badge, a list or an uptime bar in a page of your own product. Each has a token that reads what it
          shows, and nothing else.
        </Empty>
      ) : (
        <ul>
          {rows.map((embed) => (
            <li
              key={embed.id}
              className="flex min-h-14 flex-wrap items-center gap-x-3 gap-y-1 border-b px-4 py-2 last:border-b-0"
            >
              <div className="min-w-40 flex-1">
                <p className="truncate font-medium">{embed.name}</p>
                <p className="truncate text-xs text-muted">
                  {PANELS[embed.panel].title} · {embed.views.map((view) => selectionText(selectorIn(view))).join(', ')}{' '}
                  · {embed.isEnabled ? (embed.origins?.join(', ') ?? 'every page') : 'disabled'}
                  {embed.expiresAt !== null && <> · ends {exact(embed.expiresAt)}</>}
                  {' · '}
                  {embed.lastUsedAt === null ? (
                    'not used yet'
                  ) : (
                    <>
                      used <Ago at={embed.lastUsedAt} />
                    </>
                  )}
                </p>
              </div>
              <span className="flex gap-1">
                {canShow && (
                  <Button size="small" onClick={() => setShowing(embed.id)} aria-label={`Snippet of ${embed.name}`}>
                    <Code aria-hidden /> Snippet
                  </Button>
                )}
                {canChange && (
                  <Button size="small" onClick={() => setEditing(embed)} aria-label={`Edit ${embed.name}`}>
                    <Pencil aria-hidden /> Edit
                  </Button>
                )}
                {canDelete && (
                  <Button
                    size="small"
                    tone="danger"
                    onClick={() => setRemoving(embed)}
                    aria-label={`Delete ${embed.name}`}
                  >
                    Delete
                  </Button>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
      {editing !== null && (
        <EmbedEditor
          embed={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
          onMade={(id) => setShowing(canShow ? id : null)}
        />
      )}
      {shown !== undefined && <EmbedSnippet embed={shown} onClose={() => setShowing(null)} />}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={`Delete ${removing?.name ?? ''}?`}
        verb="Delete it"
        onConfirm={async () => {
          if (removing === null) return null;
          const failed = await remove('embeds', [removing.id]);
          if (failed === null) done(`${removing.name} deleted`);
          return failed;
        }}
      >
        <p>Pages that show it are cut off at once and say that it is not shown any more. This cannot be taken back.</p>
      </Confirm>
    </Pane>
  );
}
