import type { Json } from '@statewire/protocol';
import { useCollection } from '@statewire/react';
import type { NavigateOptions } from '@tanstack/react-router';
import { Bot, Building2, type LucideIcon, MessageSquareText, User } from 'lucide-react';
import { sentence } from '../lib/format.ts';

/** Records of one sort that were looked for, as lines. */
export interface Found {
  readonly title: string;
  readonly icon: LucideIcon;
  readonly rows: readonly {
    readonly id: string;
    readonly name: string;
    readonly note: string;
    readonly to: NavigateOptions;
  }[];
}

// More lines of one sort are not read.
const SHOWN_MAX = 4;

/** Agents, customers, users and messages with what was typed in their name; looked for by the server, however many there are. */
export function useFound(wanted: string): readonly Found[] {
  const agents = useCollection('agents', { where: named('name', wanted), limit: SHOWN_MAX });
  const customers = useCollection('customers', { where: named('name', wanted), limit: SHOWN_MAX });
  const users = useCollection('users', { where: named('name', wanted), limit: SHOWN_MAX });
  const messages = useCollection('messages', { where: named('title', wanted), limit: SHOWN_MAX });
  const all: readonly Found[] = [
    {
      title: 'Agents',
      icon: Bot,
      rows: (agents.data ?? []).map(({ id, name, phase }) => ({
        id,
        name,
        note: phase,
        to: { to: '/agents/$id', params: { id } },
      })),
    },
    {
      title: 'Customers',
      icon: Building2,
      rows: (customers.data ?? []).map(({ id, name, status }) => ({
        id,
        name,
        note: sentence(status),
        to: { to: '/customers/$id', params: { id } },
      })),
    },
    {
      title: 'Users',
      icon: User,
      rows: (users.data ?? []).map(({ id, name, email }) => ({
        id,
        name,
        note: email,
        to: { to: '/users/$id', params: { id } },
      })),
    },
    {
      title: 'Messages',
      icon: MessageSquareText,
      rows: (messages.data ?? []).map(({ id, title, state }) => ({
        id,
        name: title,
        note: sentence(state),
        to: { to: '/messages/$id', params: { id } },
      })),
    },
  ];
  return all.filter(({ rows }) => rows.length > 0);
}

/** Nothing is looked for before something is typed: no record has no id. */
function named(field: string, wanted: string): readonly Json[] {
  return wanted === '' ? ['eq', 'id', ''] : ['contains', field, wanted];
}
