import type { ReactNode } from 'react';
import { useCollection } from '../use-collection.ts';
import { styler, type Styled } from './styled.ts';

interface CountShown extends Styled<'mark'> {
  /** How many are connected; null while that is not known. */
  readonly count: number | null;
  /** Of how many, where that says something. */
  readonly total?: number | undefined;
  /** The word after the number. Default `connected`. */
  readonly label?: string | undefined;
  readonly isStale?: boolean | undefined;
}

interface CountLive extends Styled<'mark'> {
  /** Counts the agents connected to this service... */
  readonly service?: string | undefined;
  /** ...or the services this agent is connected to. */
  readonly agent?: string | undefined;
  readonly label?: string | undefined;
}

/** Counts given, or counted from live connections. */
export type ConnectionCounterProps = CountShown | CountLive;

/** `3 connected`. With `count` it shows that; with `service` or `agent` it counts the connections that are up. */
export function ConnectionCounter(props: ConnectionCounterProps): ReactNode {
  return 'count' in props ? <Shown {...props} /> : <Live {...props} />;
}

function Live({ service, agent, ...rest }: CountLive): ReactNode {
  const { data, status } = useCollection('connections', {
    where: { ...(service === undefined ? {} : { service }), ...(agent === undefined ? {} : { agent }) },
    fields: ['status'],
  });
  const up = data.filter((row) => row.status === 'up' || row.status === 'degraded').length;
  return (
    <Shown
      {...rest}
      count={status === 'loading' || status === 'denied' ? null : up}
      total={data.length}
      isStale={status === 'stale' || status === 'offline'}
    />
  );
}

function Shown(props: CountShown): ReactNode {
  const { count, total, label = 'connected', isStale = false } = props;
  const { root, part } = styler(props);
  const isWhole = total === undefined || total === count;
  return (
    <span
      className={root('sw-counter')}
      data-state={count === null ? 'loading' : count === 0 ? 'none' : 'some'}
      data-stale={isStale ? '' : undefined}
      title={isStale ? 'Not verified now' : undefined}
    >
      <span className={part('mark', 'sw-counter-mark')} aria-hidden="true" />
      <span>
        {count === null ? '–' : isWhole ? count : `${count} of ${total}`} {label}
      </span>
    </span>
  );
}
