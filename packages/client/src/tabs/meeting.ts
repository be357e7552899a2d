/** Where tabs of a group find each other. */
import type { Env } from '../env.ts';

export interface Meeting {
  readonly lock: NonNullable<Env['lock']>;
  readonly channel: NonNullable<Env['channel']>;
}

/** Where one member is spoken to. */
export function inboxOf(group: string, id: string): string {
  return `${group} to ${id}`;
}

/** The lock that a member holds while it lives. */
export function aliveOf(group: string, id: string): string {
  return `${group} alive ${id}`;
}
