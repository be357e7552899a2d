import { type Page, type PageGroup, pagePatchSchema } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import { useNavigate, useParams } from '@tanstack/react-router';
import { ExternalLink, Globe, GlobeLock, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { useCan } from '../../lib/me.ts';
import { act, remove, save } from '../../live/command.ts';
import { useRecordOf, useRows } from '../../live/rows.ts';
import { Button, buttonClass } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Field, Input, Select, TextArea } from '../../parts/field.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { Missing } from '../../parts/missing.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { done } from '../../parts/toast.tsx';
import type { Problem } from '../../rest/request.ts';
import { Access } from './access.tsx';
import { Groups } from './groups.tsx';
import { Share } from './share.tsx';
import { Subscribers } from './subscribers.tsx';

const PARENT = { title: 'Status pages', to: '/pages' } as const;

/** One public page: what it shows, to whom, and how it looks. */
export function PageDetail(): ReactNode {
  const { id } = useParams({ from: '/pages/$id' });
  const { row, isLoading, isStale } = useRecordOf('pages', id);
  useCrumbs(row?.title ?? id, PARENT);
  if (row === null) return <Missing isLoading={isLoading} what="page" to="/pages" list="Status pages" />;
  return <Loaded page={row} isStale={isStale} />;
}

function Loaded({ page, isStale }: { page: Page; isStale: boolean }): ReactNode {
  const canWrite = useCan('pages:change');
  const navigate = useNavigate();
  const [isRemoving, setRemoving] = useState(false);
  return (
    <div className={cx(isStale && 'is-stale')}>
      <header className="mb-5 flex flex-wrap items-center gap-x-3 gap-y-2">
        <h1 className="min-w-0 truncate text-xl font-semibold tracking-tight">{page.title}</h1>
        <span className="inline-flex items-center gap-1.5 text-sm text-muted">
          {page.isPublished ? (
            <>
              <Globe aria-hidden className="size-4 text-up" /> published
            </>
          ) : (
            <>
              <GlobeLock aria-hidden className="size-4" /> not published
            </>
          )}
        </span>
        <div className="ml-auto flex flex-wrap gap-2">
          {page.isPublished && (
            <a href={`/status/${page.slug}`} target="_blank" rel="noreferrer" className={buttonClass()}>
              <ExternalLink aria-hidden /> Open
            </a>
          )}
          {canWrite && (
            <>
              <Button
                tone={page.isPublished ? 'plain' : 'primary'}
                onClick={() => void act('pages', page.id, page.isPublished ? 'unpublish' : 'publish')}
              >
                {page.isPublished ? 'Unpublish' : 'Publish'}
              </Button>
              <Button tone="danger" size="icon" aria-label="Remove this page" onClick={() => setRemoving(true)}>
                <Trash2 aria-hidden />
              </Button>
            </>
          )}
        </div>
      </header>
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="space-y-5">
          <GroupsPane page={page} />
          <LooksPane key={page.id} page={page} />
        </div>
        <div className="space-y-5">
          {canWrite && <Access page={page} />}
          <Share page={page} />
          {canWrite && <Subscribers page={page} />}
        </div>
      </div>
      <Confirm
        open={isRemoving}
        onClose={() => setRemoving(false)}
        title={`Remove ${page.title}?`}
        verb="Remove it"
        onConfirm={async () => {
          const failed = await remove('pages', [page.id]);
          if (failed === null) await navigate({ to: '/pages' });
          return failed;
        }}
      >
        <p>Its address answers nothing any more, and its subscribers are forgotten.</p>
      </Confirm>
    </div>
  );
}

function GroupsPane({ page }: { page: Page }): ReactNode {
  const canWrite = useCan('pages:change');
  const [groups, setGroups] = useState<readonly PageGroup[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const [base, setBase] = useState(page.version);
  const shown = groups ?? page.groups;
  const submit = async (): Promise<void> => {
    setBusy(true);
    const failed = await save('pages', page.id, { groups: shown }, base);
    setBusy(false);
    setProblem(failed);
    if (failed === null) setGroups(null);
  };
  return (
    <Pane
      title="What it shows"
      {...(canWrite && groups !== null
        ? {
            actions: (
              <>
                <Button size="small" onClick={() => setGroups(null)}>
                  Discard
                </Button>
                <Button size="small" tone="primary" busy={busy} onClick={() => void submit()}>
                  Save
                </Button>
              </>
            ),
          }
        : {})}
      bodyClassName="p-4"
    >
      <Groups
        groups={shown}
        isReadOnly={!canWrite}
        onChange={(next) => {
          if (groups === null) setBase(page.version);
          setGroups(next);
        }}
      />
      {problem !== null && <ProblemNote problem={problem} className="mt-3" />}
    </Pane>
  );
}

/** Title, address, words, look: one form, saved at once. */
function LooksPane({ page }: { page: Page }): ReactNode {
  const canWrite = useCan('pages:change');
  const channels = useRows('channels', ['in', 'kind', ['email', 'webhook']]);
  const [draft, setDraft] = useState(() => ({
    title: page.title,
    slug: page.slug,
    text: page.text,
    accent: page.theme.accent,
    mode: page.theme.mode,
    css: page.theme.css,
    logo: page.theme.logo,
    days: page.days,
    zone: page.zone,
    domain: page.domain,
    channel: page.channel,
    webhookChannel: page.webhookChannel,
    frames: page.frames.join('\n'),
    links: page.links.map(({ name, url }) => `${name}: ${url}`).join('\n'),
  }));
  const [base, setBase] = useState(page.version);
  const [isTried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const set = (next: Partial<typeof draft>): void => setDraft((before) => ({ ...before, ...next }));
  const fields: JsonObject = {
    title: draft.title.trim(),
    slug: draft.slug.trim(),
    text: draft.text.trim(),
    theme: { accent: draft.accent, mode: draft.mode, css: draft.css, logo: draft.logo },
    days: draft.days,
    zone: draft.zone.trim(),
    domain: draft.domain.trim(),
    channel: draft.channel,
    webhookChannel: draft.webhookChannel,
    frames: linesOf(draft.frames),
    links: linesOf(draft.links).map((line) => {
      const at = line.indexOf(': ');
      return at < 0 ? { name: line, url: '' } : { name: line.slice(0, at), url: line.slice(at + 2) };
    }),
  };
  const flaw = pagePatchSchema.safeParse(fields).error?.issues[0];
  const errorOf = (field: string): string | undefined =>
    isTried && flaw?.path.includes(field) === true ? flaw.message : undefined;
  const submit = async (): Promise<void> => {
    setTried(true);
    if (flaw !== undefined) return;
    setBusy(true);
    const failed = await save('pages', page.id, fields, base, setBase);
    setBusy(false);
    setProblem(failed);
    if (failed === null) done('The page is saved');
  };
  return (
    <Pane title="How it looks" bodyClassName="p-4">
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <fieldset disabled={!canWrite} className="space-y-3">
          <div className="grid gap-3 sm:grid-cols-2">
            <Field label="Title" error={errorOf('title')}>
              {(ids) => (
                <Input {...ids} value={draft.title} onChange={(event) => set({ title: event.currentTarget.value })} />
              )}
            </Field>
            <Field label="Address" hint={`/status/${draft.slug}`} error={errorOf('slug')}>
              {(ids) => (
                <Input {...ids} value={draft.slug} onChange={(event) => set({ slug: event.currentTarget.value })} />
              )}
            </Field>
          </div>
          <Field label="Words" hint="Below the title" error={errorOf('text')}>
            {(ids) => (
              <TextArea
                {...ids}
                rows={2}
                className="font-sans text-sm"
                value={draft.text}
                onChange={(event) => set({ text: event.currentTarget.value })}
              />
            )}
          </Field>
          <div className="grid gap-3 sm:grid-cols-3">
            <Field label="Theme">
              {(ids) => (
                <Select
                  {...ids}
                  value={draft.mode}
                  onChange={(event) => {
                    const mode = (['system', 'light', 'dark'] as const).find((m) => m === event.currentTarget.value);
                    if (mode !== undefined) set({ mode });
                  }}
                >
                  <option value="system">As the reader’s system</option>
                  <option value="light">Light</option>
                  <option value="dark">Dark</option>
                </Select>
              )}
            </Field>
            <Field label="Accent" hint="#rrggbb, empty: ours" error={errorOf('accent')}>
              {(ids) => (
                <Input
                  {...ids}
                  value={draft.accent}
                  placeholder="#4f46e5"
                  onChange={(event) => set({ accent: event.currentTarget.value })}
                />
              )}
            </Field>
            <Field label="Days in the bars" error={errorOf('days')}>
              {(ids) => (
                <Input
                  {...ids}
                  type="number"
                  min={7}
                  max={90}
                  value={draft.days}
                  onChange={(event) => set({ days: event.currentTarget.valueAsNumber || 90 })}
                />
              )}
            </Field>
          </div>
          <div className="grid gap-3 sm:grid-cols-2">
            <Field label="Time zone" error={errorOf('zone')}>
              {(ids) => (
                <Input {...ids} value={draft.zone} onChange={(event) => set({ zone: event.currentTarget.value })} />
              )}
            </Field>
            <Field label="Own domain" hint="Points here and shows this page at /" error={errorOf('domain')}>
              {(ids) => (
                <Input
                  {...ids}
                  value={draft.domain}
                  placeholder="status.example.com"
                  onChange={(event) => set({ domain: event.currentTarget.value })}
                />
              )}
            </Field>
            <ChannelChoice
              label="E-mail subscribers by"
              kind="email"
              channels={channels.rows}
              value={draft.channel}
              onChange={(channel) => set({ channel })}
            />
            <ChannelChoice
              label="Webhook subscribers by"
              kind="webhook"
              channels={channels.rows}
              value={draft.webhookChannel}
              onChange={(webhookChannel) => set({ webhookChannel })}
            />
          </div>
          <details>
            <summary className="cursor-pointer text-sm text-muted hover:text-text">More</summary>
            <div className="mt-3 space-y-3">
              <Field label="Links" hint="Name: address, one per line" error={errorOf('links')}>
                {(ids) => (
                  <TextArea
                    {...ids}
                    rows={2}
                    value={draft.links}
                    placeholder="Support: https://example.com/support"
                    onChange={(event) => set({ links: event.currentTarget.value })}
                  />
                )}
              </Field>
              <Field label="May be framed by" hint="Origins, one per line; * is everybody" error={errorOf('frames')}>
                {(ids) => (
                  <TextArea
                    {...ids}
                    rows={2}
                    value={draft.frames}
                    placeholder="https://www.example.com"
                    onChange={(event) => set({ frames: event.currentTarget.value })}
                  />
                )}
              </Field>
              <Field label="Logo" hint="data:image/png;base64,… at most 48 KiB" error={errorOf('logo')}>
                {(ids) => (
                  <TextArea
                    {...ids}
                    rows={2}
                    value={draft.logo}
                    onChange={(event) => set({ logo: event.currentTarget.value })}
                  />
                )}
              </Field>
              <Field label="Own styles" hint="CSS; it loads nothing from elsewhere" error={errorOf('css')}>
                {(ids) => (
                  <TextArea
                    {...ids}
                    rows={5}
                    value={draft.css}
                    onChange={(event) => set({ css: event.currentTarget.value })}
                  />
                )}
              </Field>
            </div>
          </details>
          {isTried && flaw !== undefined && (
            <p role="alert" className="text-sm text-down">
              {flaw.path.join('.')}: {flaw.message}
            </p>
          )}
          {problem !== null && <ProblemNote problem={problem} />}
          {canWrite && (
            <div className="flex justify-end">
              <Button type="submit" tone="primary" busy={busy}>
                Save
              </Button>
            </div>
          )}
        </fieldset>
      </form>
    </Pane>
  );
}

function ChannelChoice({
  label,
  kind,
  channels,
  value,
  onChange,
}: {
  label: string;
  kind: 'email' | 'webhook';
  channels: readonly { readonly id: string; readonly name: string; readonly kind: string }[];
  value: string | null;
  onChange: (id: string | null) => void;
}): ReactNode {
  return (
    <Field label={label}>
      {(ids) => (
        <Select
          {...ids}
          value={value ?? ''}
          onChange={(event) => onChange(event.currentTarget.value === '' ? null : event.currentTarget.value)}
        >
          <option value="">Nobody can subscribe so</option>
          {channels
            .filter((channel) => channel.kind === kind)
            .map((channel) => (
              <option key={channel.id} value={channel.id}>
                {channel.name}
              </option>
            ))}
        </Select>
      )}
    </Field>
  );
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
