import { latencyText, wordOf, type BadgeStatus } from '@statewire/client/look';
import type { ReactNode } from 'react';
import { useRecord } from '../use-record.ts';
import { StatusDot } from './status-badge.tsx';
import { styler, type Styled } from './styled.ts';

interface HealthShown extends Styled<'latency'> {
  readonly status: BadgeStatus | (string & {});
  /** Milliseconds; null where nothing was measured. */
  readonly latencyMs: number | null;
  readonly label?: string | undefined;
  /** The values are old: shown without colour. */
  readonly isStale?: boolean | undefined;
}

interface HealthLive extends Styled<'latency'> {
  /** Id of a record that has a status; see `collection`. */
  readonly id: string;
  /** Default `connections`. */
  readonly collection?: 'agents' | 'connections' | 'services' | undefined;
  readonly label?: string | undefined;
}

/** A status given, or a record by collection and id, watched. */
export type HealthDotProps = HealthShown | HealthLive;

/** Shape and latency of one thing, for dense places. With `status` it shows that; with `id` it watches the record. */
export function HealthDot(props: HealthDotProps): ReactNode {
  return 'id' in props ? <Live {...props} /> : <Shown {...props} />;
}

function Live({ id, collection = 'connections', ...rest }: HealthLive): ReactNode {
  const { data, status } = useRecord(collection, id);
  return (
    <Shown
      {...rest}
      status={data?.status ?? 'unknown'}
      latencyMs={data?.latencyMs ?? null}
      isStale={status !== 'live' && status !== 'loading'}
    />
  );
}

function Shown(props: HealthShown): ReactNode {
  const { status, latencyMs, label, isStale = false } = props;
  const { root, part } = styler(props);
  const { word } = wordOf(status);
  return (
    <span className={root('sw-health')} data-status={status} data-stale={isStale ? '' : undefined}>
      <StatusDot status={status} label={label === undefined ? word : `${label}: ${word}`} unstyled={props.unstyled} />
      <span className={part('latency', 'sw-health-latency')}>{latencyText(latencyMs)}</span>
    </span>
  );
}
