/* oxlint-disable typescript/no-explicit-any, typescript/no-floating-promises, typescript/no-non-null-assertion, typescript/no-unnecessary-type-assertion, typescript/no-unsafe-enum-comparison, typescript/no-unsafe-type-assertion -- true: it is the app's code as the app has it, but for the name that supabase-js is installed under here. */
/** As its app has it: the status of MCP servers and of agents' connections over Supabase Realtime. Nothing in it knows of Statewire. */
import { createClient, type RealtimeChannel } from 'supabase-js-2-99';

export class SupabaseStatusSyncService {
  private supabase = createClient(process.env['REACT_APP_SUPABASE_URL']!, process.env['REACT_APP_SUPABASE_ANON_KEY']!);

  private subscriptions: Map<string, RealtimeChannel> = new Map();

  public subscribeToServerStatus(callback: (data: any) => void) {
    const channel = this.supabase
      .channel('mcp_server_status')
      .on(
        'postgres_changes',
        {
          event: '*',
          schema: 'public',
          table: 'mcp_server_status_logs',
        },
        (payload) => {
          callback(payload);
        },
      )
      .subscribe();

    this.subscriptions.set('server_status', channel);

    return {
      unsubscribe: () => {
        channel.unsubscribe();
        this.subscriptions.delete('server_status');
      },
    };
  }

  public subscribeToConnectionStatus(agentId: string, callback: (data: any) => void) {
    const channel = this.supabase
      .channel(`agent_connections_${agentId}`)
      .on(
        'postgres_changes',
        {
          event: '*',
          schema: 'public',
          table: 'agent_mcp_connections',
          filter: `agent_id=eq.${agentId}`,
        },
        (payload) => {
          callback(payload);
        },
      )
      .subscribe();

    this.subscriptions.set(`connections_${agentId}`, channel);

    return {
      unsubscribe: () => {
        channel.unsubscribe();
        this.subscriptions.delete(`connections_${agentId}`);
      },
    };
  }

  public subscribeToConnectionLogs(callback: (data: any) => void) {
    const channel = this.supabase
      .channel('connection_logs')
      .on(
        'postgres_changes',
        {
          event: 'INSERT',
          schema: 'public',
          table: 'agent_mcp_connection_logs',
        },
        (payload) => {
          callback(payload);
        },
      )
      .subscribe();

    this.subscriptions.set('connection_logs', channel);

    return {
      unsubscribe: () => {
        channel.unsubscribe();
        this.subscriptions.delete('connection_logs');
      },
    };
  }

  public disconnect() {
    this.subscriptions.forEach((channel) => {
      channel.unsubscribe();
    });
    this.subscriptions.clear();
  }
}
