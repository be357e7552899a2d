/**
 * Who may do what, for people to read and for permissions.test.ts to hold the server to. Written by hand and not derived from the
 * server's own tables: a change there that is not meant fails against this one, and one that is meant is made here too.
 *
 * Each operation has a letter:
 *   r  whoever reads: viewer, operator, admin, owner; keys of the scopes read and admin
 *   p  whoever reports: operator, admin, owner; keys of the scopes report and admin
 *   o  whoever operates: operator, admin, owner; keys of the scope admin
 *   a  admin and owner; keys of the scope admin
 *   w  the owner alone
 */
export type Letter = 'a' | 'o' | 'p' | 'r' | 'w';

/** What each caller of the built-in kinds holds. */
export const HOLDS: Readonly<Record<string, string>> = {
  owner: 'rpoaw',
  admin: 'rpoa',
  operator: 'rpo',
  viewer: 'r',
  'key read': 'r',
  'key report': 'p',
  'key admin': 'rpoa',
};

/** Roles that the test makes: the night shift cares for alerts, a clerk for customers, a meter reads what is measured and no alerts. */
export const CUSTOM: Readonly<Record<string, readonly string[]>> = {
  night: ['alerts:*', 'incidents:update', 'services:read', 'services:mute', '*:refresh', 'jobs:report', 'audit:read'],
  meter: ['services:read', 'agents:read', 'connections:read'],
  clerk: ['customers:*', 'users:read', 'users:change', 'messages:read', 'members:read', 'roles:read', '*:unmute'],
};

/** By collection: read, create, change, delete, report (`-`: nobody reports them), and the commands. */
export const TABLE: Readonly<Record<string, readonly [five: string, commands: Readonly<Record<string, Letter>>]>> = {
  services: [
    'raaap',
    {
      refresh: 'o',
      mute: 'o',
      unmute: 'o',
      'accept-tools': 'a',
      pause: 'a',
      resume: 'a',
      retire: 'a',
      override: 'a',
      'clear-override': 'a',
    },
  ],
  connections: [
    'raaap',
    { mute: 'o', unmute: 'o', pause: 'o', resume: 'o', override: 'o', 'clear-override': 'o', retire: 'a' },
  ],
  agents: [
    'raaap',
    {
      present: 'p',
      pause: 'o',
      resume: 'o',
      maintenance: 'o',
      message: 'o',
      retire: 'o',
      override: 'o',
      'clear-override': 'o',
      mute: 'o',
      unmute: 'o',
    },
  ],
  executions: ['rpppp', { cancel: 'p' }],
  jobs: ['rpppp', { cancel: 'p', undo: 'r', bulk: 'r' }],
  members: ['aaaa-', { suspend: 'a', restore: 'a' }],
  roles: ['aaaa-', {}],
  metrics: ['raaap', {}],
  checks: ['aaaa-', {}],
  annotations: ['rooo-', {}],
  maintenances: ['rooo-', { complete: 'o', cancel: 'o', extend: 'o' }],
  rules: ['raaa-', { test: 'a', enable: 'a', disable: 'a' }],
  alerts: ['rooo-', { ack: 'o', unack: 'o', snooze: 'o', unsnooze: 'o', assign: 'o', resolve: 'o' }],
  policies: ['raaa-', {}],
  incidents: [
    'rooo-',
    { update: 'o', resolve: 'o', publish: 'o', unpublish: 'o', postmortem: 'o', assign: 'o', link: 'o', unlink: 'o' },
  ],
  notifications: ['rprr-', { unread: 'r', archive: 'r', snooze: 'r' }],
  preferences: ['rrrr-', {}],
  presences: ['raaa-', { enter: 'r', leave: 'r' }],
  inboxes: ['rrrr-', { 'read-all': 'r', 'archive-all': 'r' }],
  settings: ['raaa-', {}],
  channels: ['aaaa-', { test: 'a' }],
  captures: ['oaaa-', {}],
  deliveries: ['aaaa-', {}],
  pages: ['raaa-', { publish: 'a', unpublish: 'a', secure: 'a' }],
  subscribers: ['aaaa-', {}],
  customers: ['rooo-', { remove: 'o' }],
  users: ['rooo-', {}],
  'saved-views': ['rrrr-', {}],
  messages: ['rooo-', { publish: 'o', reactivate: 'o', withdraw: 'o', seen: 'r', click: 'r', dismiss: 'r' }],
  dismissals: ['rrrr-', {}],
  embeds: ['aaaa-', { token: 'a', renew: 'a' }],
};

/** Doors to what is no record: method, path, permission, letter, and a body that is sent where `{}` would not be read. */
export const DOORS: readonly (readonly [
  method: string,
  path: string,
  permission: string,
  letter: Letter,
  body?: object,
])[] = [
  ['GET', '/v1/keys', 'keys:read', 'a'],
  ['POST', '/v1/keys', 'keys:create', 'a'],
  ['DELETE', '/v1/keys/none-such', 'keys:delete', 'a'],
  ['POST', '/v1/captures/inspect', 'config:change', 'a'],
  ['POST', '/v1/captures/draft', 'config:change', 'a'],
  ['GET', '/v1/system', 'system:read', 'a'],
  ['GET', '/metrics', 'system:metrics', 'r'],
  ['GET', '/v1/audit', 'audit:read', 'a'],
  ['GET', '/v1/export/services.yaml', 'config:read', 'a'],
  ['GET', '/v1/export/config.yaml', 'config:read', 'a'],
  ['GET', '/v1/stats', 'metrics:read', 'r'],
  ['POST', '/v1/import/services', 'config:change', 'a'],
  ['GET', '/v1/invites', 'members:read', 'a'],
  ['POST', '/v1/invites', 'members:create', 'a'],
  ['POST', '/v1/invites/withdraw', 'members:delete', 'a'],
  ['PATCH', '/v1/organizations/current', 'organization:change', 'a'],
  ['GET', '/v1/organizations/main', 'organization:read', 'r'],
  ['PATCH', '/v1/organizations/main', 'organization:change', 'a', { name: 'main' }],
  ['POST', '/v1/organizations/main/delete', 'organization:delete', 'w', { name: 'not its name' }],
  ['GET', '/v1/services/none-such/history', 'services:read', 'r'],
  ['GET', '/v1/services/none-such/uptime', 'services:read', 'r'],
  ['GET', '/v1/services/none-such/export.csv', 'services:read', 'r'],
  ['GET', '/v1/customers/export?format=csv', 'customers:read', 'r'],
  ['POST', '/v1/customers/import?format=csv', 'customers:change', 'o'],
];
