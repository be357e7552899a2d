/**
 * Tables that status platforms keep, and what their rows are here: data. A table of a configuration names a pack and may say
 * anything of it otherwise. The columns are those of the schemas these tables come from; one that a database lacks is left out.
 */
import type { ColumnType } from './value.ts';

/** Where a field of a pack comes from: a column, or more than its name. */
type From =
  | string
  | {
      readonly column: string;
      readonly type?: ColumnType;
      readonly path?: readonly string[];
      readonly words?: Readonly<Record<string, string | number | boolean | null>>;
      readonly otherwise?: string | number | boolean | null;
    };

export interface Pack {
  readonly collection: string;
  readonly key?: readonly string[];
  readonly fields: Readonly<Record<string, From>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly mapping?: string;
  readonly heartbeat?: { readonly column: string; readonly forMs: number };
  readonly cursor?: string;
}

const time = (column: string): From => ({ column, type: 'time' });
const json = (column: string): From => ({ column, type: 'json' });
const flag = (column: string): From => ({ column, type: 'boolean' });

/** A column that counts to a hundred. */
const PERCENT: Readonly<Record<string, From>> = {
  done: { column: 'progress', type: 'number' },
  total: { column: 'progress', words: {}, otherwise: 100 },
};

/** By the name of the table. */
export const PACKS: Readonly<Record<string, Pack>> = {
  mcp_servers: {
    collection: 'services',
    fields: {
      name: 'name',
      target: 'url',
      description: 'description',
      // What is not here is a word of up / degraded / down already, or one that nobody knows.
      status: {
        column: 'status',
        words: {
          active: 'up',
          connected: 'up',
          healthy: 'up',
          running: 'up',
          warning: 'degraded',
          error: 'down',
          failed: 'down',
          inactive: 'down',
          stopped: 'down',
          unhealthy: 'down',
        },
      },
    },
    cursor: 'last_status_update',
  },
  mcp_server_status_logs: {
    collection: 'mcp-server-status-logs',
    fields: { server_id: 'server_id', status: 'status', metadata: json('metadata'), timestamp: time('timestamp') },
    cursor: 'timestamp',
  },
  agent_mcp_connections: {
    collection: 'connections',
    fields: { agent: 'agent_id', service: 'server_id', status: 'status' },
    cursor: 'last_status_update',
  },
  agent_mcp_connection_logs: {
    collection: 'agent-mcp-connection-logs',
    fields: {
      connection_id: 'connection_id',
      agent_id: 'agent_id',
      event_type: 'event_type',
      event_data: json('event_data'),
      timestamp: time('timestamp'),
    },
    cursor: 'timestamp',
  },
  account_tool_instances: {
    collection: 'services',
    fields: { name: 'instance_name_on_toolbox', status: 'status_on_toolbox' },
    labels: { type: 'mcp_server_type' },
    mapping: 'dtma',
    heartbeat: { column: 'last_heartbeat_from_dtma', forMs: 90_000 },
    cursor: 'updated_at',
  },
  agent_executions: {
    collection: 'executions',
    fields: { agent: 'agent_id', title: 'title', state: runState('status'), message: 'message' },
    cursor: 'updated_at',
  },
  streams: {
    collection: 'jobs',
    fields: {
      title: 'name',
      state: runState('status'),
      ...PERCENT,
      message: 'current_task',
    },
    cursor: 'updated_at',
  },
  acquisition_scans: {
    collection: 'jobs',
    fields: { title: 'name', state: runState('status'), ...PERCENT },
    cursor: 'updated_at',
  },
  signal_alerts: {
    collection: 'signal-alerts',
    fields: {
      title: 'title',
      message: 'message',
      severity: 'severity',
      status: 'status',
      organization_id: 'organization_id',
      created_at: time('created_at'),
    },
    cursor: 'created_at',
  },
  notifications: {
    collection: 'app-notifications',
    fields: {
      user_id: 'user_id',
      type: 'type',
      title: 'title',
      message: 'message',
      read: flag('read'),
      created_at: time('created_at'),
    },
    cursor: 'created_at',
  },
  agent_status: {
    collection: 'agents',
    key: ['agent_id'],
    fields: { status: { column: 'status', words: { inactive: 'offline', maintenance: 'paused' } } },
    cursor: 'updated_at',
  },
  system_messages: {
    collection: 'system-messages',
    fields: {
      title: 'title',
      content: 'content',
      priority: 'priority',
      is_active: flag('is_active'),
      expires_at: time('expires_at'),
      created_at: time('created_at'),
    },
    cursor: 'updated_at',
  },
  audit_logs: {
    collection: 'audit-logs',
    fields: {
      user_id: 'user_id',
      action: 'action',
      resource_type: 'resource_type',
      resource_id: 'resource_id',
      details: json('details'),
      created_at: time('created_at'),
    },
    cursor: 'created_at',
  },
};

/** The words that tables of runs use, in those of our runs. */
function runState(column: string): From {
  return {
    column,
    words: {
      active: 'running',
      running: 'running',
      in_progress: 'running',
      processing: 'running',
      pending: 'queued',
      queued: 'queued',
      scheduled: 'delayed',
      paused: 'paused',
      completed: 'succeeded',
      complete: 'succeeded',
      success: 'succeeded',
      failed: 'failed',
      error: 'failed',
      cancelled: 'canceled',
      canceled: 'canceled',
      stopped: 'canceled',
    },
    otherwise: 'running',
  };
}
