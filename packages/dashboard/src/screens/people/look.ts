import { CircleCheck, CircleDashed, CirclePause, CircleX, type LucideIcon, MailQuestion } from 'lucide-react';
import type { Look } from '../../parts/status.tsx';

const INKS = {
  up: { ink: 'text-up', soft: 'bg-up-soft', fill: 'bg-up' },
  maintenance: { ink: 'text-maintenance', soft: 'bg-maintenance-soft', fill: 'bg-maintenance' },
  degraded: { ink: 'text-degraded', soft: 'bg-degraded-soft', fill: 'bg-degraded-fill' },
  quiet: { ink: 'text-quiet', soft: 'bg-quiet-soft', fill: 'bg-quiet' },
} as const;

/** Where a customer or user stands, as it looks. What is usual is quiet. */
const LOOKS: Readonly<Record<string, Look>> = {
  active: look('Active', CircleCheck, 'up'),
  trial: look('Trial', CircleDashed, 'maintenance'),
  invited: look('Invited', MailQuestion, 'maintenance'),
  suspended: look('Suspended', CirclePause, 'degraded'),
  churned: look('Churned', CircleX, 'quiet'),
  deactivated: look('Deactivated', CircleX, 'quiet'),
};

export function lookOfPerson(status: string): Look {
  return LOOKS[status] ?? look(status, CircleDashed, 'quiet');
}

function look(word: string, icon: LucideIcon, ink: keyof typeof INKS): Look {
  return { word, icon, ...INKS[ink] };
}
