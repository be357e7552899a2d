/** A panel of an embed in an app that has React: by its token, over a client of its own, beside whatever the app has. */
import { createClient, type CoreClient } from '@statewire/client/core';
import { nameIn, panelSentence, statusIn, worstFirst } from '@statewire/client/look';
import type { Progress } from '@statewire/model';
import type { Row } from '@statewire/protocol';
import { useEffect, useState, type ReactNode } from 'react';
import { ConnectionStatus } from './components/connection-status.tsx';
import { ProgressBar } from './components/progress-bar.tsx';
import { StatusBadge } from './components/status-badge.tsx';
import { styler, type Styled } from './components/styled.ts';
import { UptimeBar } from './components/uptime-bar.tsx';
import { StatewireProvider } from './provider.tsx';
import { useCollection } from './use-collection.ts';

/** What `StatusPanel` takes. */
export interface StatusPanelProps extends Styled<'head' | 'row'> {
  /** The server: `https://status.example.com`. */
  readonly url: string;
  /** The token of an embed. Everybody who opens the page can read it. */
  readonly token: string;
  /** How its view is drawn. Default `list`. */
  readonly panel?: 'badge' | 'connection' | 'list' | 'progress' | 'uptime' | undefined;
  /** Which view of the embed. Default `services`. */
  readonly collection?: string | undefined;
  /** Words of your own over the list, or in the badge. */
  readonly label?: string | undefined;
  /** Rows of a list. Default 50. */
  readonly limit?: number | undefined;
  /** A client made for `<url>/panels` with this token, instead of one that the panel makes and ends itself. */
  readonly client?: CoreClient | undefined;
}

/** What the token of an embed shows, live. It needs no provider around it. */
export function StatusPanel(props: StatusPanelProps): ReactNode {
  const client = usePanelClient(props);
  const { root } = styler(props);
  // A pill alone watches nothing, and is to be live all the same.
  useEffect(() => client?.connect(), [client]);
  // While a server renders there is no connection, and no place moves when there is one.
  if (client === null) return <p className={root('sw-note')}>Loading</p>;
  return (
    <StatewireProvider client={client}>
      {props.panel === 'connection' ? <ConnectionStatus /> : <Watched {...props} />}
    </StatewireProvider>
  );
}

function usePanelClient({ url, token, client }: StatusPanelProps): CoreClient | null {
  const [made, setMade] = useState<CoreClient | null>(null);
  useEffect(() => {
    if (client !== undefined) return undefined;
    const own = createClient({ url: `${url.replace(/\/+$/u, '')}/panels`, token });
    // oxlint-disable-next-line react/set-state-in-effect -- a connection is opened by being there, not by being rendered, and twice where effects run twice.
    setMade(own);
    return () => {
      setMade(null);
      own.close();
    };
  }, [url, token, client]);
  return client ?? made;
}

function Watched(props: StatusPanelProps): ReactNode {
  const { panel = 'list', collection = 'services', label, limit = LIMIT } = props;
  const { root, part } = styler(props);
  const { data, status } = useCollection(collection);
  const rows = worstFirst<Row>(data ?? []);
  const [first] = rows;
  if (first === undefined || status === 'denied') {
    return (
      <output className={root('sw-note')}>
        {status === 'denied'
          ? 'This panel is not shown here any more'
          : status === 'loading'
            ? 'Loading'
            : 'Nothing to show'}
      </output>
    );
  }
  const isStale = status !== 'live' ? '' : undefined;
  if (panel === 'badge') {
    const word = label ?? (rows.length === 1 ? undefined : panelSentence(rows));
    return (
      <span className={root('')} data-stale={isStale}>
        <StatusBadge status={statusIn(first)} label={word} reason={reasonIn(first)} />
      </span>
    );
  }
  if (panel === 'uptime') return <UptimeBar bar={barIn(first)} label={label ?? nameIn(first)} />;
  if (panel === 'progress') return <ProgressBar progress={progressIn(first)} label={label ?? nameIn(first)} />;
  return (
    <div className={root('sw-panel')} data-stale={isStale}>
      <p className={part('head', 'sw-panel-head')}>{label ?? panelSentence(rows)}</p>
      <ul className="sw-panel-rows">
        {rows.slice(0, limit).map((row) => (
          <li key={row.id} className={part('row', 'sw-panel-row')}>
            <span className="sw-panel-name">{nameIn(row)}</span>
            {barIn(row) === '' ? null : <UptimeBar bar={barIn(row)} label={nameIn(row)} />}
            <StatusBadge status={statusIn(row)} reason={reasonIn(row)} size="small" />
          </li>
        ))}
      </ul>
      {rows.length > limit ? <p className="sw-note">and {rows.length - limit} more</p> : null}
    </div>
  );
}

const LIMIT = 50;

function insideOf(row: Row, field: string, key: string): unknown {
  const value = row[field];
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function reasonIn(row: Row): string | undefined {
  const text = insideOf(row, 'reason', 'text');
  return typeof text === 'string' && text !== '' ? text : undefined;
}

function barIn(row: Row): string {
  const bar = insideOf(row, 'recent', 'bar');
  return typeof bar === 'string' ? bar : '';
}

function progressIn(row: Row): Pick<Progress, 'done' | 'pct' | 'total' | 'unit'> {
  const numberIn = (key: string): number | null => {
    const value = insideOf(row, 'progress', key);
    return typeof value === 'number' ? value : null;
  };
  const unit = insideOf(row, 'progress', 'unit');
  return {
    done: numberIn('done') ?? 0,
    total: numberIn('total'),
    pct: statusIn(row) === 'succeeded' ? 100 : numberIn('pct'),
    unit: typeof unit === 'string' ? unit : '',
  };
}
