import type { Page } from '@statewire/model';
import { Mail, Trash2, Webhook } from 'lucide-react';
import type { ReactNode } from 'react';
import { remove } from '../../live/command.ts';
import { useRows } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { VirtualList } from '../../parts/list.tsx';
import { Pane } from '../../parts/pane.tsx';
import { Ago } from '../../parts/time.tsx';
import { failedToast } from '../../parts/toast.tsx';

/** Who is told of the page's incidents. Addresses are masked: we show enough to tell one from another. */
export function Subscribers({ page }: { page: Page }): ReactNode {
  const view = useRows('subscribers', ['eq', 'page', page.id]);
  const rows = view.rows.toSorted((a, b) => b.createdAt - a.createdAt);
  const drop = async (id: string): Promise<void> => {
    const failed = await remove('subscribers', [id]);
    if (failed !== null) failedToast(failed);
  };
  return (
    <Pane title="Subscribers" {...(rows.length > 0 ? { note: String(rows.length) } : {})}>
      {rows.length === 0 ? (
        <p className="px-4 py-4 text-sm text-muted">
          {page.channel === null && page.webhookChannel === null
            ? 'Choose a channel under How it looks, and people can subscribe.'
            : 'Nobody has subscribed yet.'}
        </p>
      ) : (
        <VirtualList items={rows} keyOf={(row) => row.id} rowHeight={44}>
          {(row) => (
            <div className="flex min-h-11 items-center gap-2 px-4 text-sm">
              {row.kind === 'email' ? (
                <Mail aria-label="E-mail" className="size-4 shrink-0 text-muted" />
              ) : (
                <Webhook aria-label="Webhook" className="size-4 shrink-0 text-muted" />
              )}
              <span className="truncate">{row.target}</span>
              <span className="ml-auto shrink-0 text-xs text-muted">
                {row.state === 'pending' ? 'not confirmed' : <Ago at={row.confirmedAt ?? row.createdAt} />}
              </span>
              <Button tone="ghost" size="icon" aria-label={`Remove ${row.target}`} onClick={() => void drop(row.id)}>
                <Trash2 aria-hidden />
              </Button>
            </div>
          )}
        </VirtualList>
      )}
    </Pane>
  );
}
