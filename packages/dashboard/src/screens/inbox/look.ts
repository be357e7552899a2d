import type { NotificationType, Priority } from '@statewire/model';
import { BellRing, CircleCheck, Info, type LucideIcon, Megaphone, MessageSquare, Workflow, Wrench } from 'lucide-react';

export interface TypeLook {
  readonly icon: LucideIcon;
  readonly word: string;
  /** What comes under this type, for the settings. */
  readonly note: string;
}

/** How each type is shown: an icon and a word. */
export const typeLooks: Readonly<Record<NotificationType, TypeLook>> = {
  alert: { icon: BellRing, word: 'Alert', note: 'A rule found something wrong' },
  recovery: { icon: CircleCheck, word: 'Recovery', note: 'What you were told of is over' },
  incident: { icon: Megaphone, word: 'Incident', note: 'Written, published, updated' },
  maintenance: { icon: Wrench, word: 'Maintenance', note: 'A window begins or ends' },
  job: { icon: Workflow, word: 'Job', note: 'A run of yours ended' },
  message: { icon: MessageSquare, word: 'Message', note: 'A program or an admin says something' },
  system: { icon: Info, word: 'System', note: 'Summaries of what was too much' },
};

/** Words and ink of a priority. Only what presses has a colour. */
export const priorities: Readonly<Record<Priority, { readonly word: string; readonly ink: string }>> = {
  low: { word: 'Low', ink: 'text-muted' },
  normal: { word: 'Normal', ink: 'text-muted' },
  high: { word: 'High', ink: 'text-degraded' },
  urgent: { word: 'Urgent', ink: 'text-down' },
};
