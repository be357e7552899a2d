import type { BadgeStatus } from '@statewire/client/look';
import type { RunRow, StatusRow } from '@statewire/model';
import type { ReactNode } from 'react';
import { useRecord } from '../use-record.ts';
import { RelativeTime } from './relative-time.tsx';
import { StatusBadge } from './status-badge.tsx';
import { styler, type Styled } from './styled.ts';

/** What `StatusIndicator` takes. */
export interface StatusIndicatorProps extends Styled<'badge' | 'time'> {
  /** Id of the record. */
  readonly id: string;
  /** Default `services`. */
  readonly collection?: 'agents' | 'connections' | 'executions' | 'jobs' | 'services' | undefined;
  /** Shown while nothing is known, and when there is no such record. Default `unknown`. */
  readonly fallback?: BadgeStatus | undefined;
  /** Shows since when. Default true. */
  readonly showTime?: boolean | undefined;
  readonly variant?: 'plain' | 'soft' | 'quiet' | undefined;
  readonly size?: 'small' | 'medium' | 'large' | undefined;
}

/** The live status of one record and since when it has it. There from the first render: what is not known says so. */
export function StatusIndicator(props: StatusIndicatorProps): ReactNode {
  const { id, collection = 'services', fallback = 'unknown', showTime = true, variant, size } = props;
  const { root, part } = styler(props);
  const { data, status } = useRecord(collection, id);
  const seen = data === null ? null : seenOf(data);
  const isOld = data !== null && status !== 'live';
  return (
    <span
      className={root('sw-indicator')}
      data-live={status}
      data-stale={isOld ? '' : undefined}
      title={isOld ? 'Not verified now' : undefined}
    >
      <StatusBadge
        status={seen?.status ?? fallback}
        reason={seen?.reason}
        variant={variant}
        size={size}
        unstyled={props.unstyled}
        className={part('badge', '')}
      />
      {showTime ? (
        <RelativeTime at={seen?.since ?? null} never="" form="for" className={part('time', 'sw-indicator-time')} />
      ) : null}
    </span>
  );
}

interface Seen {
  readonly status: BadgeStatus;
  readonly reason: string;
  readonly since: number | null;
}

/** Records with a status, and runs with a state. */
function seenOf(row: RunRow | StatusRow): Seen {
  if (isRun(row)) {
    return { status: row.state, reason: row.reason.text, since: row.endedAt ?? row.startedAt ?? row.createdAt };
  }
  const isFlapping = row.overlay.flapping && (row.status === 'up' || row.status === 'degraded');
  return { status: isFlapping ? 'flapping' : row.status, reason: row.reason.text, since: row.since };
}

function isRun(row: RunRow | StatusRow): row is RunRow {
  return 'state' in row;
}
