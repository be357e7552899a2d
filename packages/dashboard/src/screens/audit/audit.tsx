import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Download, Lock, ScrollText, ShieldAlert, ShieldCheck, X } from 'lucide-react';
import { type ReactNode, useDeferredValue, useMemo, useState } from 'react';
import { count, plural } from '../../lib/format.ts';
import { useCan } from '../../lib/me.ts';
import { serverNow } from '../../lib/ticker.ts';
import { AuditLine } from '../../parts/audit-line.tsx';
import { useAuditTail } from '../../parts/audit-of.tsx';
import { Button, buttonClass } from '../../parts/button.tsx';
import { Copyable } from '../../parts/copy.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Select } from '../../parts/field.tsx';
import { FilterBar, SearchField } from '../../parts/filter-bar.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { auditExportUrl, auditQuery, auditVerdictQuery, type AuditFilters } from '../../rest/audit.ts';
import { problemIn } from '../../rest/request.ts';
import { AuditDetail } from './detail.tsx';
import { AUDIT_SPANS, readAuditSearch, type AuditSearch } from './search.ts';

/** Who did what: search, filters, new rows as they come, and whether the log is whole. */
export function Audit(): ReactNode {
  useCrumbs('Audit');
  const mayRead = useCan('audit:read');
  return (
    <div>
      <PageHead title="Audit" note="Who did what, from where and why" />
      {mayRead ? (
        <Log />
      ) : (
        <div className="pane">
          <Empty icon={Lock} title="You may not read the audit log">
            Ask an admin of the organization for a role that may.
          </Empty>
        </div>
      )}
    </div>
  );
}

function Log(): ReactNode {
  const search = useSearch({ from: '/audit' });
  const navigate = useNavigate({ from: '/audit' });
  const set = (next: AuditSearch): void => void navigate({ search: readAuditSearch({ ...next }), replace: true });
  const [now] = useState(serverNow);
  const q = useDeferredValue(search.q);
  const { actor, action, target, outcome, span } = search;
  const filters: AuditFilters = useMemo(
    () => ({
      q,
      actor,
      action,
      target,
      outcome,
      from: span === undefined ? undefined : Math.round(now - AUDIT_SPANS[span]),
    }),
    [q, actor, action, target, outcome, span, now],
  );
  const query = useInfiniteQuery(auditQuery(filters));
  const seq = useAuditTail(() => void query.refetch());
  const rows = query.data?.pages.flatMap((page) => page.rows) ?? [];
  const open = rows.find((row) => row.seq === search.open);
  const close = (): void => {
    const { open: _, ...rest } = search;
    set(rest);
  };
  const isNarrowed = [q, actor, action, target, outcome, span].some((value) => value !== undefined);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-5 xl:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="min-w-0">
        <Filters search={search} set={set} />
        <div className="pane overflow-clip">
          {query.isPending ? (
            <BoneRows rows={8} className="h-13" />
          ) : query.isError ? (
            <ProblemNote problem={problemIn(query.error)} className="m-4" />
          ) : rows.length === 0 && !query.hasNextPage ? (
            <Empty
              icon={ScrollText}
              title={isNarrowed ? 'No row like this' : 'Nothing was done yet'}
              action={isNarrowed ? <Button onClick={() => set({})}>Show all</Button> : undefined}
            >
              {isNarrowed
                ? 'Take a filter away, or look further back.'
                : 'Every change that somebody makes stands here.'}
            </Empty>
          ) : (
            <ol aria-label="Rows of the log, newest first">
              {rows.map((row) => (
                <li key={row.seq} className="border-b last:border-b-0">
                  <button
                    type="button"
                    onClick={() => set({ ...search, open: row.seq })}
                    className="block w-full hover:bg-hover focus-visible:-outline-offset-2"
                  >
                    <AuditLine row={row} />
                  </button>
                </li>
              ))}
            </ol>
          )}
        </div>
        {query.hasNextPage && (
          <div className="mt-4 flex justify-center">
            <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {rows.length === 0 ? 'Nothing so far, search on' : 'Show older rows'}
            </Button>
          </div>
        )}
      </div>
      <Whole seq={seq} filters={filters} />
      {open !== undefined && <AuditDetail row={open} onClose={close} />}
    </div>
  );
}

function Filters({ search, set }: { search: AuditSearch; set: (next: AuditSearch) => void }): ReactNode {
  const { open: _, ...rest } = search;
  const chips = (['actor', 'action', 'target'] as const).filter((name) => search[name] !== undefined);
  const without = (name: keyof AuditSearch): AuditSearch =>
    Object.fromEntries(Object.entries(rest).filter(([key]) => key !== name));
  return (
    <>
      <FilterBar>
        <SearchField
          label="Search the log"
          placeholder="Search people, actions, values, reasons"
          value={search.q ?? ''}
          onChange={(text) => set(text === '' ? without('q') : { ...rest, q: text })}
          className="sm:w-auto sm:min-w-48 sm:flex-1"
        />
        <Select
          aria-label="Outcome"
          className="h-8 w-36"
          value={search.outcome ?? ''}
          onChange={(event) => {
            const { value } = event.currentTarget;
            set(value === 'ok' || value === 'refused' ? { ...rest, outcome: value } : without('outcome'));
          }}
        >
          <option value="">Any outcome</option>
          <option value="ok">Done</option>
          <option value="refused">Refused</option>
        </Select>
        <Select
          aria-label="Time"
          className="h-8 w-36"
          value={search.span ?? ''}
          onChange={(event) => {
            const { value } = event.currentTarget;
            set(value === '1d' || value === '7d' || value === '30d' ? { ...rest, span: value } : without('span'));
          }}
        >
          <option value="">Any time</option>
          <option value="1d">Last day</option>
          <option value="7d">Last 7 days</option>
          <option value="30d">Last 30 days</option>
        </Select>
      </FilterBar>
      {chips.length > 0 && (
        <ul aria-label="Filters" className="mb-3 flex flex-wrap gap-2">
          {chips.map((name) => (
            <li key={name}>
              <Button
                size="small"
                onClick={() => set(without(name))}
                aria-label={`Remove the filter ${name} ${search[name] ?? ''}`}
              >
                <span className="text-muted">{name}</span>
                <span className="code max-w-64 truncate">{search[name]}</span>
                <X aria-hidden />
              </Button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Is it whole, where does it end, and how to take it away. */
function Whole({ seq, filters }: { seq: number | null; filters: AuditFilters }): ReactNode {
  const [isAsked, setIsAsked] = useState(false);
  const verdict = useQuery({ ...auditVerdictQuery, enabled: isAsked });
  const check = (): void => {
    setIsAsked(true);
    if (isAsked) void verdict.refetch();
  };
  return (
    <aside className="pane min-w-0 space-y-4 p-4" aria-label="The log itself">
      <div>
        <h2 className="text-base font-semibold">The log</h2>
        <p className="mt-1 text-sm text-muted">
          {seq === null
            ? 'Rows are numbered and chained by hash.'
            : `${count(seq)} rows were written. New ones appear by themselves.`}
        </p>
      </div>
      <div aria-live="polite">
        {verdict.isError ? (
          <ProblemNote problem={problemIn(verdict.error)} />
        ) : verdict.data === undefined ? null : verdict.data.isWhole ? (
          <div className="space-y-2 text-sm">
            <p className="flex items-start gap-2">
              <ShieldCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-up" />
              <span>
                Whole: {plural(verdict.data.rows, 'row')} looked at
                {verdict.data.from > 1
                  ? `, from row ${count(verdict.data.from)} on (older ones went by retention)`
                  : ''}
                .
              </span>
            </p>
            <p className="text-xs text-muted">
              Hash of row {count(verdict.data.head.seq)}. Kept elsewhere, it shows later that nothing before it was
              changed.
            </p>
            <Copyable text={verdict.data.head.hash} />
          </div>
        ) : (
          <div className="space-y-1 text-sm">
            <p className="flex items-start gap-2 font-medium">
              <ShieldAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-down" /> Not whole
            </p>
            <ul className="list-disc pl-5">
              {verdict.data.flaws.map(({ seq: at, text }) => (
                <li key={`${at} ${text}`}>{text}</li>
              ))}
            </ul>
          </div>
        )}
      </div>
      <div className="flex flex-wrap gap-2">
        <Button onClick={check} busy={verdict.isFetching}>
          <ShieldCheck aria-hidden /> {verdict.data === undefined ? 'Is it whole?' : 'Look again'}
        </Button>
        <a className={buttonClass()} href={auditExportUrl(filters, 'csv')} download>
          <Download aria-hidden /> CSV
        </a>
        <a className={buttonClass()} href={auditExportUrl(filters, 'jsonl')} download>
          <Download aria-hidden /> JSON lines
        </a>
      </div>
    </aside>
  );
}
