import type { Override, Status } from '@statewire/model';

const OVERRIDE_MS_MAX = 2_592_000_000;

/** A person's word for a time. The end is required and at most 30 days ahead: no forgotten "all fine". */
export function overrideOf(
  act: { readonly status: Status; readonly until: number; readonly reason: string },
  by: string,
  now: number,
): Override | null {
  const until = Math.min(act.until, now + OVERRIDE_MS_MAX);
  return until > now ? { status: act.status, until, by, reason: act.reason } : null;
}

/** The override that still holds after a deadline passed. */
export function overrideAfter(override: Override | null, deadline: number): Override | null {
  return override !== null && override.until <= deadline ? null : override;
}
