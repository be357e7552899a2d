import type { Overlay, StatusRow } from '@statewire/model';

type Muted = Pick<StatusRow, 'overlay' | 'mutedUntil'>;

/** A mute by a person, who says until when and why. One whose end has passed is none. */
export function muteOf(
  { overlay }: Pick<StatusRow, 'overlay'>,
  act: { readonly until: number | null; readonly reason: string; readonly by: string },
  now: number,
): Muted | null {
  const { until, reason, by } = act;
  if (until !== null && until <= now) return null;
  return { overlay: { ...overlay, muted: true, mutedBy: by, mutedReason: reason }, mutedUntil: until };
}

/** Nobody is silenced any more, and nothing says who once did it. */
export function unmuted({ overlay }: Pick<StatusRow, 'overlay'>): Muted {
  const { maintenance, acked, flapping, impactedBy } = overlay;
  const loud: Overlay = { maintenance, muted: false, acked, flapping, impactedBy };
  return { overlay: loud, mutedUntil: null };
}

/** What holds of a mute after a deadline passed. */
export function mutedAfter({ overlay, mutedUntil }: Muted, deadline: number): Muted {
  return mutedUntil !== null && mutedUntil <= deadline ? unmuted({ overlay }) : { overlay, mutedUntil };
}
