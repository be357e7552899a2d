import type { Alert, Severity } from '@statewire/model';
import { BellOff, CircleCheck, Eye, Hourglass, Info, type LucideIcon, OctagonAlert, TriangleAlert } from 'lucide-react';

/** How an alert is shown: an icon and a word, never colour alone. */
export interface AlertLook {
  readonly icon: LucideIcon;
  readonly word: string;
  readonly ink: string;
  readonly soft: string;
}

export const severities: Readonly<Record<Severity, AlertLook>> = {
  critical: { icon: OctagonAlert, word: 'Critical', ink: 'text-down', soft: 'bg-down-soft' },
  warning: { icon: TriangleAlert, word: 'Warning', ink: 'text-degraded', soft: 'bg-degraded-soft' },
  info: { icon: Info, word: 'Info', ink: 'text-maintenance', soft: 'bg-maintenance-soft' },
};

/** The look of its state; while it fires, that of its severity. */
export function lookOfAlert(alert: Pick<Alert, 'state' | 'severity'>): AlertLook {
  switch (alert.state) {
    case 'firing':
      return severities[alert.severity];
    case 'pending':
      return { icon: Hourglass, word: 'Pending', ink: 'text-quiet', soft: 'bg-quiet-soft' };
    case 'acknowledged':
      return { icon: Eye, word: 'Acknowledged', ink: 'text-maintenance', soft: 'bg-maintenance-soft' };
    case 'suppressed':
      return { icon: BellOff, word: 'Suppressed', ink: 'text-quiet', soft: 'bg-quiet-soft' };
    default:
      return { icon: CircleCheck, word: 'Resolved', ink: 'text-up', soft: 'bg-up-soft' };
  }
}

/** Why nobody is told, in one line; empty when somebody is. */
export function whySuppressed({ suppressed }: Pick<Alert, 'suppressed'>): string {
  if (suppressed === null) return '';
  const words: Readonly<Record<NonNullable<Alert['suppressed']>['by'], string>> = {
    maintenance: 'under maintenance',
    dependency: 'behind a failed dependency',
    muted: 'muted',
    flapping: 'flapping',
    quiet: 'quiet hours',
  };
  const behind = suppressed.ref === null ? '' : ` (${suppressed.ref})`;
  return `${words[suppressed.by]}${behind}`;
}
