/**
 * The topics that well-known status services ask for, as data. Types are words of our own where such services do more with a word
 * than to hand the data on: one that hears `agent_connection_status` would give a single link to whoever shows a list.
 */
import type { FilterJson } from '@statewire/protocol';
import type { Source } from '../shape.ts';
import type { Publish, Template } from './template.ts';

/** Silence for too long is no connection, whatever was said last. */
const CONNECTED: FilterJson = ['and', ['eq', 'phase', 'connected'], ['neq', 'fresh', 'expired']];

const LINK: Source = {
  when: [
    { if: CONNECTED, is: { value: 'connected' } },
    { if: ['in', 'phase', ['failed', 'needs_auth']], is: { value: 'error' } },
    { if: ['eq', 'phase', 'connected'], is: { value: 'disconnected' } },
  ],
  otherwise: { field: 'phase', otherwise: 'unknown' },
};

const HEALTH: Source = {
  field: 'health',
  words: { healthy: 'healthy', degraded: 'warning', unhealthy: 'critical', unknown: 'unknown' },
  otherwise: 'unknown',
};

const REPORT: Publish = {
  collection: 'connections',
  id: '{id}',
  fields: {
    phase: {
      field: 'status',
      words: {
        connected: 'connected',
        connecting: 'connecting',
        reconnecting: 'reconnecting',
        disconnected: 'disconnected',
        error: 'failed',
      },
    },
    health: { field: 'health', words: { healthy: 'healthy', warning: 'degraded', critical: 'unhealthy' } },
    latencyMs: 'latency',
  },
};

const MCP: FilterJson = ['eq', 'kind', 'mcp'];

export const PACK: readonly Template[] = [
  {
    topic: 'admin:mcp:servers',
    type: 'mcp_servers',
    views: { servers: { collection: 'services', filter: MCP } },
    say: 'list',
    data: {
      serverId: 'id',
      name: 'name',
      status: 'status',
      state: 'phase',
      health: 'health',
      latency: 'latencyMs',
      timestamp: 'observedAt',
      reason: 'reason.text',
    },
  },
  {
    topic: 'admin:mcp:stats',
    type: 'mcp_stats',
    views: { servers: { collection: 'services', filter: MCP }, links: { collection: 'connections' } },
    say: 'one',
    data: {
      // Templates are the app's own.
      totalTemplates: { value: null },
      deployedServers: { count: 'servers' },
      activeServers: { count: 'servers', where: ['in', 'status', ['up', 'degraded']] },
      totalConnections: { count: 'links', where: CONNECTED },
      errorRate: { failed: 'servers' },
      avgResponseTime: { mean: 'latencyMs', of: 'servers' },
    },
  },
  {
    topic: 'agent:{id}:connections',
    type: 'agent_connections',
    views: { links: { collection: 'connections', filter: ['eq', 'agent', '{id}'] } },
    say: 'list',
    data: {
      id: 'id',
      agentId: 'agent',
      serverId: 'service',
      status: LINK,
      timestamp: 'observedAt',
      health: { shape: { status: HEALTH, latency: 'latencyMs' } },
    },
  },
  {
    topic: 'connection:{id}:status',
    type: 'connection_status',
    views: { link: { collection: 'connections', filter: ['eq', 'id', '{id}'] } },
    say: 'one',
    data: {
      connectionId: { param: 'id' },
      agentId: 'agent',
      serverId: 'service',
      status: LINK,
      timestamp: 'observedAt',
    },
    publish: REPORT,
  },
  {
    topic: 'health:{id}',
    type: 'health',
    views: { link: { collection: 'connections', filter: ['eq', 'id', '{id}'] } },
    say: 'one',
    data: { connectionId: { param: 'id' }, status: HEALTH, latency: 'latencyMs', timestamp: 'observedAt' },
    publish: {
      ...REPORT,
      fields: {
        health: { field: 'status', words: { healthy: 'healthy', warning: 'degraded', critical: 'unhealthy' } },
        latencyMs: 'latency',
      },
    },
  },
  {
    topic: 'server:{id}:connections',
    type: 'server_connections',
    views: { links: { collection: 'connections', filter: ['eq', 'service', '{id}'] } },
    say: 'one',
    data: { serverId: { param: 'id' }, count: { count: 'links', where: CONNECTED } },
  },
  {
    topic: 'server:{id}:metrics',
    type: 'server_metrics',
    views: {
      server: { collection: 'services', filter: ['eq', 'id', '{id}'] },
      links: { collection: 'connections', filter: ['eq', 'service', '{id}'] },
    },
    say: 'one',
    data: {
      serverId: { param: 'id' },
      status: { field: 'status', otherwise: 'unknown' },
      connectionCount: { count: 'links', where: CONNECTED },
      avgResponseTime: { mean: 'recent.ms', of: 'server' },
      errorRate: { failed: 'server' },
      lastActivity: 'observedAt',
    },
  },
  {
    topic: 'mcp_server_status',
    type: 'status_update',
    views: { servers: { collection: 'services', filter: MCP } },
    say: 'each',
    data: {
      server_id: 'id',
      old_status: { field: 'status', before: true },
      new_status: 'status',
      timestamp: 'observedAt',
    },
    gone: { server_id: 'id', old_status: { field: 'status', before: true }, new_status: { value: 'removed' } },
  },
];
