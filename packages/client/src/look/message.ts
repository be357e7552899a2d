import type { MessagePriority } from '@statewire/model';
import type { Tone } from './words.ts';

/** How a priority of messages looks, what it is called, and how much it presses. */
export interface MessageLook {
  readonly word: string;
  readonly tone: Tone;
  /** From the least to the most pressing. */
  readonly weight: number;
}

/** How each priority looks. */
export const messageLooks: Readonly<Record<MessagePriority, MessageLook>> = {
  info: { word: 'Information', tone: 'quiet', weight: 0 },
  notice: { word: 'Notice', tone: 'maintenance', weight: 1 },
  warning: { word: 'Warning', tone: 'degraded', weight: 2 },
  critical: { word: 'Critical', tone: 'down', weight: 3 },
};

/** What a priority means; any other word is information. */
export function priorityIn(priority: string): MessagePriority {
  return priority === 'critical' || priority === 'warning' || priority === 'notice' ? priority : 'info';
}
