/**
 * One service for all live parts of a monitoring app: six subscriptions, written over supabase-js as such apps write them. Nothing in
 * it knows of Statewire.
 */
import { createClient, type RealtimeChannel, type RealtimePostgresChangesPayload } from 'supabase-js-2-99';

export type ConnectionStatus = 'connected' | 'connecting' | 'disconnected' | 'error';
type Row = Record<string, unknown>;
type OnChange = (payload: RealtimePostgresChangesPayload<Row>) => void;
type OnStatus = (status: ConnectionStatus) => void;

const statuses = {
  SUBSCRIBED: 'connected',
  CLOSED: 'disconnected',
  CHANNEL_ERROR: 'error',
  TIMED_OUT: 'error',
} as const satisfies Record<string, ConnectionStatus>;

export class RealtimeService {
  private supabase = createClient(
    process.env['NEXT_PUBLIC_SUPABASE_URL'] ?? '',
    process.env['NEXT_PUBLIC_SUPABASE_ANON_KEY'] ?? '',
  );
  private channels = new Map<string, RealtimeChannel>();

  subscribeToStreamProgress(streamId: string, onChange: OnChange, onStatus?: OnStatus) {
    return this.subscribe(
      `stream:${streamId}`,
      { event: 'UPDATE', table: 'streams', filter: `id=eq.${streamId}` },
      onChange,
      onStatus,
    );
  }

  subscribeToAllStreams(organizationId: string, onChange: OnChange, onStatus?: OnStatus) {
    return this.subscribe(
      `streams:${organizationId}`,
      { event: '*', table: 'streams', filter: `organization_id=eq.${organizationId}` },
      onChange,
      onStatus,
    );
  }

  subscribeToScanProgress(scanId: string, onChange: OnChange, onStatus?: OnStatus) {
    return this.subscribe(
      `scan:${scanId}`,
      { event: '*', table: 'acquisition_scans', filter: `id=eq.${scanId}` },
      onChange,
      onStatus,
    );
  }

  subscribeToSignalAlerts(userId: string, onChange: OnChange, onStatus?: OnStatus) {
    return this.subscribe(
      `alerts:${userId}`,
      { event: '*', table: 'signal_alerts', filter: `user_id=eq.${userId}` },
      onChange,
      onStatus,
    );
  }

  subscribeToAgentExecutions(agentId: string, onChange: OnChange, onStatus?: OnStatus) {
    return this.subscribe(
      `executions:${agentId}`,
      { event: '*', table: 'agent_executions', filter: `agent_id=eq.${agentId}` },
      onChange,
      onStatus,
    );
  }

  subscribeToNotifications(userId: string, onChange: OnChange, onStatus?: OnStatus) {
    return this.subscribe(
      `notifications:${userId}`,
      { event: 'INSERT', table: 'notifications', filter: `user_id=eq.${userId}` },
      onChange,
      onStatus,
    );
  }

  unsubscribe(name: string) {
    const channel = this.channels.get(name);
    if (channel) void this.supabase.removeChannel(channel);
    this.channels.delete(name);
  }

  unsubscribeAll() {
    void this.supabase.removeAllChannels();
    this.channels.clear();
  }

  private subscribe(
    name: string,
    { event, table, filter }: { event: '*' | 'INSERT' | 'UPDATE'; table: string; filter: string },
    onChange: OnChange,
    onStatus?: OnStatus,
  ) {
    this.unsubscribe(name);
    onStatus?.('connecting');
    const channel = this.supabase
      .channel(name)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the library has one overload for each of the three.
      .on('postgres_changes', { event: event as '*', schema: 'public', table, filter }, onChange)
      .subscribe((status) => {
        onStatus?.(statuses[status]);
      });
    this.channels.set(name, channel);
    return () => this.unsubscribe(name);
  }
}
