import type { AffectedImpact, IncidentImpact, IncidentPhase } from '@statewire/model';
import { CircleCheck, Eye, type LucideIcon, Search, Target } from 'lucide-react';

interface Look {
  readonly icon: LucideIcon;
  readonly word: string;
  readonly ink: string;
  readonly soft: string;
}

export const phases: Readonly<Record<IncidentPhase, Look>> = {
  investigating: { icon: Search, word: 'Investigating', ink: 'text-down', soft: 'bg-down-soft' },
  identified: { icon: Target, word: 'Identified', ink: 'text-degraded', soft: 'bg-degraded-soft' },
  monitoring: { icon: Eye, word: 'Monitoring', ink: 'text-maintenance', soft: 'bg-maintenance-soft' },
  resolved: { icon: CircleCheck, word: 'Resolved', ink: 'text-up', soft: 'bg-up-soft' },
};

export const impactWords: Readonly<Record<IncidentImpact, string>> = {
  none: 'No impact',
  minor: 'Minor impact',
  major: 'Major impact',
  critical: 'Critical impact',
};

export const affectedWords: Readonly<Record<AffectedImpact, string>> = {
  none: 'recovered',
  degraded: 'degraded',
  down: 'down',
  maintenance: 'in maintenance',
};
