import type { Alert, Permission, Service } from '@statewire/model';
import type { NavigateOptions } from '@tanstack/react-router';
import {
  Activity,
  BellOff,
  BellRing,
  Building2,
  Eye,
  FileUp,
  KeyRound,
  LogOut,
  type LucideIcon,
  Megaphone,
  Monitor,
  Moon,
  PanelsTopLeft,
  Plus,
  RefreshCw,
  Sun,
  UserRound,
  Users,
  Wrench,
} from 'lucide-react';
import { serverNow } from '../lib/ticker.ts';
import { choose } from '../lib/theme.ts';
import { act, recheck, recheckAll } from '../live/command.ts';
import { needsAttention } from '../parts/status.tsx';

export interface Action {
  readonly label: string;
  readonly icon: LucideIcon;
  readonly run: () => void;
}

interface Scene {
  readonly canWrite: boolean;
  readonly can: (permission: Permission) => boolean;
  /** What is done to one service is offered once somebody looks for it. */
  readonly isTyped: boolean;
  readonly services: readonly Service[];
  readonly alerts: readonly Alert[];
  /** Is it what was typed? */
  readonly has: (label: string) => boolean;
  readonly go: (to: NavigateOptions) => void;
  readonly signOut: () => void;
}

const MUTE_MS = 3_600_000;
// More lines of one sort are not read.
const SHOWN_MAX = 8;

/** Everything that can be done from the palette now and was looked for, the likelier first. */
export function actionsOf({ canWrite, can, isTyped, services, alerts, has, go, signOut }: Scene): readonly Action[] {
  const looked = (all: readonly Action[]): readonly Action[] => all.filter(({ label }) => has(label));
  return [
    ...(canWrite
      ? [
          ...looked(ofAlerts(alerts)).slice(0, SHOWN_MAX),
          ...(isTyped ? looked(ofServices(services)).slice(0, SHOWN_MAX) : []),
          ...looked(made(services, go)),
        ]
      : []),
    ...looked(begun(can, go)),
    ...looked(settings(can, go)),
    ...looked([
      ...(can('demo:read')
        ? [{ label: 'Realtime, to be broken', icon: Activity, run: () => go({ to: '/demo' }) }]
        : []),
      { label: 'Theme: light', icon: Sun, run: () => choose('light') },
      { label: 'Theme: dark', icon: Moon, run: () => choose('dark') },
      { label: 'Theme: as the system', icon: Monitor, run: () => choose('system') },
      { label: 'Sign out', icon: LogOut, run: signOut },
    ]),
  ];
}

function ofAlerts(alerts: readonly Alert[]): readonly Action[] {
  return alerts
    .filter(({ state }) => state === 'firing')
    .map((row) => ({ label: `Acknowledge ${row.title}`, icon: Eye, run: () => void act('alerts', row.id, 'ack') }));
}

function ofServices(services: readonly Service[]): readonly Action[] {
  return services.flatMap((row) => [
    { label: `Recheck ${row.name}`, icon: RefreshCw, run: () => void recheck(row) },
    row.overlay.muted
      ? { label: `Unmute ${row.name}`, icon: BellRing, run: () => void act('services', row.id, 'unmute') }
      : {
          label: `Mute ${row.name} 1 h`,
          icon: BellOff,
          run: () => void act('services', row.id, 'mute', { until: Math.round(serverNow()) + MUTE_MS }),
        },
  ]);
}

/** What people begin on the pages of people and agents. */
function begun(can: Scene['can'], go: Scene['go']): readonly Action[] {
  const all: readonly (Action & { readonly needs: Permission })[] = [
    { label: 'New agent', icon: Plus, needs: 'agents:create', run: () => go({ to: '/agents', search: { add: true } }) },
    {
      label: 'New customer',
      icon: Plus,
      needs: 'customers:create',
      run: () => go({ to: '/customers', search: { add: true } }),
    },
    {
      label: 'Import customers',
      icon: FileUp,
      needs: 'customers:create',
      run: () => go({ to: '/customers', search: { import: true } }),
    },
    { label: 'New user', icon: Plus, needs: 'users:create', run: () => go({ to: '/users', search: { add: true } }) },
  ];
  return all.filter(({ needs }) => can(needs));
}

function settings(can: Scene['can'], go: Scene['go']): readonly Action[] {
  return [
    { label: 'Settings: account', icon: UserRound, run: () => go({ to: '/settings/account' }) },
    ...(can('organization:change')
      ? [{ label: 'Settings: organization', icon: Building2, run: () => go({ to: '/settings/organization' }) }]
      : []),
    ...(can('members:read')
      ? [{ label: 'Settings: members', icon: Users, run: () => go({ to: '/settings/members' }) }]
      : []),
    ...(can('roles:read') ? [{ label: 'Settings: roles', icon: Users, run: () => go({ to: '/settings/roles' }) }] : []),
    ...(can('keys:read')
      ? [{ label: 'Settings: API keys', icon: KeyRound, run: () => go({ to: '/settings/keys' }) }]
      : []),
    ...(can('embeds:create')
      ? [{ label: 'Settings: embeds', icon: PanelsTopLeft, run: () => go({ to: '/settings/embeds' }) }]
      : []),
  ];
}

function made(services: readonly Service[], go: Scene['go']): readonly Action[] {
  const bad = services.filter(needsAttention);
  return [
    { label: 'Add a service', icon: Plus, run: () => go({ to: '/services', search: { add: true } }) },
    { label: 'Import services', icon: FileUp, run: () => go({ to: '/services', search: { import: true } }) },
    { label: 'New incident', icon: Megaphone, run: () => go({ to: '/incidents', search: { add: true } }) },
    { label: 'Plan maintenance', icon: Wrench, run: () => go({ to: '/maintenance', search: { add: true } }) },
    ...(bad.length === 0
      ? []
      : [
          {
            label: `Recheck the ${bad.length} that need attention`,
            icon: RefreshCw,
            run: () => void recheckAll(bad),
          },
        ]),
  ];
}
