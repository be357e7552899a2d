import type { MappingDocument } from '../mapping.ts';

const UNKNOWN_WORD = {
  health: 'unknown',
  reason: { code: 'unknown_word', text: 'A word this mapping does not know.' },
} as const;

/** up / degraded / down: status pages and load balancers. */
export const upWords: MappingDocument = {
  id: 'up-words',
  version: 1,
  collection: '*',
  source: 'up / degraded / down',
  match: [
    { when: { code: ['up', 'ok', 'operational', 'online', 'available'] }, set: { health: 'healthy' } },
    {
      when: { code: ['degraded', 'slow', 'partial', 'partial_outage', 'degraded_performance'] },
      set: { health: 'degraded' },
    },
    { when: { code: ['down', 'offline', 'outage', 'major_outage', 'unavailable'] }, set: { health: 'unhealthy' } },
    { when: { code: ['unknown', 'pending'] }, set: { health: 'unknown' } },
  ],
  default: UNKNOWN_WORD,
  present: {
    app: {
      up: 'up',
      degraded: 'degraded',
      down: 'down',
      unknown: 'down',
      pending: 'down',
      maintenance: 'degraded',
      paused: 'down',
    },
  },
  vectors: [
    { in: { code: 'up' }, out: { health: 'healthy' } },
    { in: { code: 'UP' }, out: { health: 'healthy' } },
    { in: { code: 'degraded' }, out: { health: 'degraded' } },
    { in: { code: 'partial outage' }, out: { health: 'degraded' } },
    { in: { code: 'down' }, out: { health: 'unhealthy' } },
    { in: { code: 'unknown' }, out: { health: 'unknown' } },
    { in: { code: 'purple' }, out: UNKNOWN_WORD },
  ],
};

/** healthy / warning / unhealthy: health checks of platforms. */
export const healthWords: MappingDocument = {
  id: 'health-words',
  version: 1,
  collection: '*',
  source: 'healthy / warning / unhealthy',
  match: [
    { when: { code: ['healthy', 'ok', 'pass', 'passing'] }, set: { health: 'healthy' } },
    { when: { code: ['warning', 'warn', 'degraded'] }, set: { health: 'degraded' } },
    { when: { code: ['unhealthy', 'critical', 'fail', 'failing', 'error'] }, set: { health: 'unhealthy' } },
    { when: { code: ['unknown'] }, set: { health: 'unknown' } },
  ],
  default: UNKNOWN_WORD,
  present: {
    app: {
      up: 'healthy',
      degraded: 'warning',
      down: 'unhealthy',
      pending: 'unknown',
      maintenance: 'warning',
      paused: 'unknown',
    },
  },
  vectors: [
    { in: { code: 'healthy' }, out: { health: 'healthy' } },
    { in: { code: 'warning' }, out: { health: 'degraded' } },
    { in: { code: 'critical' }, out: { health: 'unhealthy' } },
    { in: { code: 'unhealthy' }, out: { health: 'unhealthy' } },
    { in: { code: '' }, out: UNKNOWN_WORD },
  ],
};

/** connected / disconnected / error: links between an agent and a service. */
export const linkWords: MappingDocument = {
  id: 'link-words',
  version: 1,
  collection: 'connections',
  source: 'connected / disconnected / error',
  match: [
    { when: { code: ['connected', 'open', 'ready', 'active'] }, set: { phase: 'connected', health: 'healthy' } },
    { when: { code: ['connecting', 'initializing'] }, set: { phase: 'connecting', health: 'unknown' } },
    { when: { code: ['reconnecting', 'retrying'] }, set: { phase: 'reconnecting', health: 'degraded' } },
    {
      when: { code: ['needs_auth', 'auth_required', 'unauthorized', 'unauthenticated'] },
      set: { phase: 'needs_auth', health: 'degraded', reason: { code: 'needs_auth', text: 'Someone has to sign in.' } },
    },
    { when: { code: ['disconnected', 'closed', 'inactive'] }, set: { phase: 'disconnected', health: 'unhealthy' } },
    { when: { code: ['error', 'failed'] }, set: { phase: 'failed', health: 'unhealthy' } },
  ],
  default: UNKNOWN_WORD,
  present: {
    app: {
      up: 'connected',
      degraded: 'connected',
      down: 'error',
      unknown: 'disconnected',
      pending: 'disconnected',
      paused: 'disconnected',
    },
  },
  vectors: [
    { in: { code: 'connected' }, out: { phase: 'connected', health: 'healthy' } },
    { in: { code: 'disconnected' }, out: { phase: 'disconnected', health: 'unhealthy' } },
    { in: { code: 'error' }, out: { phase: 'failed', health: 'unhealthy' } },
    { in: { code: 'connecting' }, out: { phase: 'connecting', health: 'unknown' } },
    {
      in: { code: 'auth-required' },
      out: { phase: 'needs_auth', health: 'degraded', reason: { code: 'needs_auth', text: 'Someone has to sign in.' } },
    },
  ],
};

/** online / idle / busy / offline: presence of agents. */
export const agentWords: MappingDocument = {
  id: 'agent-words',
  version: 1,
  collection: 'agents',
  source: 'online / idle / busy / offline',
  match: [
    { when: { code: ['online', 'idle', 'ready', 'available'] }, set: { phase: 'idle', health: 'healthy' } },
    { when: { code: ['busy', 'running', 'active', 'working'] }, set: { phase: 'running', health: 'healthy' } },
    { when: { code: ['waiting', 'interrupted', 'paused'] }, set: { phase: 'waiting', health: 'healthy' } },
    { when: { code: ['starting', 'initializing'] }, set: { phase: 'starting', health: 'healthy' } },
    { when: { code: ['stopping', 'draining'] }, set: { phase: 'stopping', health: 'healthy' } },
    { when: { code: ['offline', 'stopped', 'lost'] }, set: { phase: 'offline', health: 'unhealthy' } },
    { when: { code: ['error', 'failed', 'crashed'] }, set: { phase: 'failed', health: 'unhealthy' } },
  ],
  default: UNKNOWN_WORD,
  present: {
    app: {
      up: 'online',
      degraded: 'online',
      down: 'offline',
      unknown: 'offline',
      pending: 'offline',
      paused: 'paused',
    },
  },
  vectors: [
    { in: { code: 'online' }, out: { phase: 'idle', health: 'healthy' } },
    { in: { code: 'busy' }, out: { phase: 'running', health: 'healthy' } },
    { in: { code: 'offline' }, out: { phase: 'offline', health: 'unhealthy' } },
    { in: { code: 'error' }, out: { phase: 'failed', health: 'unhealthy' } },
  ],
};

const STALE = { code: 'heartbeat_stale', text: 'The toolbox says running, its heartbeat is older than 90 s.' };

/** DTMA: `status_on_toolbox` of a tool instance, with the age of its host's last heartbeat. */
export const dtma: MappingDocument = {
  id: 'dtma',
  version: 1,
  collection: 'services',
  source: 'DTMA status_on_toolbox',
  match: [
    {
      when: { code: ['running', 'active'], ageMsMin: 90_000 },
      set: { phase: 'ready', health: 'unknown', reason: STALE },
    },
    { when: { code: ['running', 'active'] }, set: { phase: 'ready', health: 'healthy' } },
    {
      when: { code: ['pending', 'provisioning', 'pending_deploy', 'deploying', 'starting', 'installing'] },
      set: { phase: 'starting', health: 'unknown' },
    },
    { when: { code: ['restarting', 'updating'] }, set: { phase: 'reconnecting', health: 'degraded' } },
    {
      when: { code: ['stopping', 'stopped', 'inactive', 'removed', 'deleted'] },
      set: { phase: 'stopped', health: 'unhealthy' },
    },
    { when: { code: ['error', 'failed', 'crashed'] }, set: { phase: 'failed', health: 'unhealthy' } },
  ],
  default: UNKNOWN_WORD,
  present: {
    user: {
      up: 'running',
      degraded: 'running',
      down: 'error',
      unknown: 'unknown',
      pending: 'starting',
      paused: 'stopped',
    },
  },
  vectors: [
    { in: { code: 'running' }, out: { phase: 'ready', health: 'healthy' } },
    { in: { code: 'running', ageMs: 20_000 }, out: { phase: 'ready', health: 'healthy' } },
    { in: { code: 'running', ageMs: 90_000 }, out: { phase: 'ready', health: 'unknown', reason: STALE } },
    { in: { code: 'pending_deploy' }, out: { phase: 'starting', health: 'unknown' } },
    { in: { code: 'stopped', ageMs: 500_000 }, out: { phase: 'stopped', health: 'unhealthy' } },
    { in: { code: 'error' }, out: { phase: 'failed', health: 'unhealthy' } },
    { in: { code: 'haunted' }, out: UNKNOWN_WORD },
  ],
};
