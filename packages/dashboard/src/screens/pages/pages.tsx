import type { Page } from '@statewire/model';
import { Link, useNavigate } from '@tanstack/react-router';
import { ExternalLink, Globe, GlobeLock, LayoutTemplate, Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { plural } from '../../lib/format.ts';
import { useCan } from '../../lib/me.ts';
import { save } from '../../live/command.ts';
import { useRows } from '../../live/rows.ts';
import { Button, buttonClass } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Field, Input } from '../../parts/field.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import type { Problem } from '../../rest/request.ts';

/** The public status pages of the organization. */
export function Pages(): ReactNode {
  useCrumbs('Status pages');
  const canWrite = useCan('pages:change');
  const view = useRows('pages');
  const [isMaking, setMaking] = useState(false);
  const rows = view.rows.toSorted((a, b) => (a.title < b.title ? -1 : 1));
  const add = canWrite && (
    <Button tone="primary" onClick={() => setMaking(true)}>
      <Plus aria-hidden /> New page
    </Button>
  );
  return (
    <div>
      <PageHead title="Status pages" note={rows.length > 0 ? plural(rows.length, 'page') : ''}>
        {rows.length > 0 && add}
      </PageHead>
      <div className={cx('pane overflow-clip', view.isStale && 'is-stale')}>
        {view.isLoading ? (
          <BoneRows rows={3} className="h-16" />
        ) : rows.length === 0 ? (
          <Empty icon={LayoutTemplate} title="There is no status page yet" action={add}>
            Show your customers what works, without a login. Only the services you choose are seen, under the names you
            give them.
          </Empty>
        ) : (
          <ul>
            {rows.map((page) => (
              <Row key={page.id} page={page} />
            ))}
          </ul>
        )}
      </div>
      {isMaking && <NewPage onClose={() => setMaking(false)} />}
    </div>
  );
}

function Row({ page }: { page: Page }): ReactNode {
  const n = page.groups.reduce((sum, { services }) => sum + services.length, 0);
  return (
    <li className="flex min-h-16 flex-wrap items-center gap-x-3 gap-y-1 border-b px-4 py-2.5 last:border-b-0">
      {page.isPublished ? (
        <Globe aria-label="Published" className="size-4 shrink-0 text-up" />
      ) : (
        <GlobeLock aria-label="Not published" className="size-4 shrink-0 text-quiet" />
      )}
      <div className="min-w-0 flex-1 basis-52">
        <Link to="/pages/$id" params={{ id: page.id }} className="truncate font-medium hover:underline">
          {page.title}
        </Link>
        <p className="truncate text-sm text-muted">
          <span className="code text-xs">/status/{page.slug}</span> · {plural(n, 'service')}
          {page.access !== 'public' && ` · by ${page.access}`}
          {!page.isPublished && ' · not published'}
        </p>
      </div>
      {page.isPublished && (
        <a href={`/status/${page.slug}`} target="_blank" rel="noreferrer" className={buttonClass({ size: 'small' })}>
          <ExternalLink aria-hidden /> Open
        </a>
      )}
    </li>
  );
}

function NewPage({ onClose }: { onClose: () => void }): ReactNode {
  const navigate = useNavigate();
  const [title, setTitle] = useState('');
  const [typed, setTyped] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const slug = typed ?? slugOf(title);
  const submit = async (): Promise<void> => {
    setBusy(true);
    const failed = await save('pages', null, { id: slug, slug, title: title.trim() });
    setBusy(false);
    if (failed !== null) return setProblem(failed);
    onClose();
    await navigate({ to: '/pages/$id', params: { id: slug } });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="New status page"
      note="Nobody sees it until you publish it."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" busy={busy} disabled={slug === ''} onClick={() => void submit()}>
            Create
          </Button>
        </>
      }
    >
      <div className="space-y-3">
        <Field label="Title">
          {(ids) => (
            <Input
              {...ids}
              isFirst
              value={title}
              placeholder="Acme status"
              onChange={(event) => setTitle(event.currentTarget.value)}
            />
          )}
        </Field>
        <Field label="Address" hint={`${location.origin}/status/${slug}`}>
          {(ids) => <Input {...ids} value={slug} onChange={(event) => setTyped(event.currentTarget.value)} />}
        </Field>
        {problem !== null && <ProblemNote problem={problem} />}
      </div>
    </Dialog>
  );
}

function slugOf(title: string): string {
  return title
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/gu, '-')
    .slice(0, 63)
    .replaceAll(/^-+|-+$/gu, '');
}
