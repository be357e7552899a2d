/** An app's own status service, as such apps have it. Nothing in it knows this server; the URL is all that changes. */

/* oxlint-disable unicorn/prefer-add-event-listener, typescript/no-non-null-assertion -- true: kept as the app has it. */

// oxlint-disable-next-line typescript/no-explicit-any -- true: that is how such services hand data on.
type Data = any;
type Callback = (data: Data) => void;

export class StatusSyncService {
  private wsConnection: WebSocket | null = null;
  private readonly subscriptions: Map<string, Set<Callback>> = new Map();
  private reconnectAttempts = 0;
  private readonly maxReconnectAttempts = 5;
  private readonly reconnectDelay = 1000;
  private heartbeatInterval: ReturnType<typeof setInterval> | null = null;
  private readonly statusCache: Map<string, Data> = new Map();

  constructor() {
    this.initializeWebSocket();
  }

  private initializeWebSocket() {
    try {
      // Use Supabase realtime or custom WebSocket endpoint
      const wsUrl = this.getWebSocketUrl();
      this.wsConnection = new WebSocket(wsUrl);

      this.wsConnection.onopen = this.handleWebSocketOpen.bind(this);
      this.wsConnection.onmessage = this.handleWebSocketMessage.bind(this);
      this.wsConnection.onclose = this.handleWebSocketClose.bind(this);
      this.wsConnection.onerror = this.handleWebSocketError.bind(this);
    } catch (error) {
      console.error('Failed to initialize WebSocket:', error);
      this.scheduleReconnect();
    }
  }

  private getWebSocketUrl(): string {
    // Use Supabase realtime WebSocket URL
    const supabaseUrl = process.env['REACT_APP_SUPABASE_URL'];
    const supabaseKey = process.env['REACT_APP_SUPABASE_ANON_KEY'];

    if (supabaseUrl && supabaseKey) {
      return `${supabaseUrl.replace('https://', 'wss://')}/realtime/v1/websocket?apikey=${supabaseKey}&vsn=1.0.0`;
    }

    // Fallback to custom WebSocket endpoint
    return `${window.location.protocol === 'https:' ? 'wss:' : 'ws:'}//${window.location.host}/ws/mcp-status`;
  }

  private handleWebSocketOpen() {
    console.log('StatusSync WebSocket connected');
    this.reconnectAttempts = 0;
    this.startHeartbeat();

    // Subscribe to all active subscriptions
    this.subscriptions.forEach((_callbacks, topic) => {
      this.sendSubscription(topic);
    });
  }

  private handleWebSocketMessage(event: MessageEvent) {
    try {
      const message = JSON.parse(event.data);
      this.processStatusUpdate(message);
    } catch (error) {
      console.error('Failed to parse WebSocket message:', error);
    }
  }

  private handleWebSocketClose() {
    console.log('StatusSync WebSocket disconnected');
    this.stopHeartbeat();
    this.scheduleReconnect();
  }

  private handleWebSocketError(error: Event) {
    console.error('StatusSync WebSocket error:', error);
  }

  private scheduleReconnect() {
    if (this.reconnectAttempts < this.maxReconnectAttempts) {
      setTimeout(
        () => {
          this.reconnectAttempts++;
          console.log(`Attempting to reconnect WebSocket (${this.reconnectAttempts}/${this.maxReconnectAttempts})`);
          this.initializeWebSocket();
        },
        this.reconnectDelay * Math.pow(2, this.reconnectAttempts),
      );
    }
  }

  private startHeartbeat() {
    this.heartbeatInterval = setInterval(() => {
      if (this.wsConnection?.readyState === WebSocket.OPEN) {
        this.wsConnection.send(JSON.stringify({ type: 'ping' }));
      }
    }, 30000); // 30 seconds
  }

  private stopHeartbeat() {
    if (this.heartbeatInterval) {
      clearInterval(this.heartbeatInterval);
      this.heartbeatInterval = null;
    }
  }

  private sendSubscription(topic: string) {
    if (this.wsConnection?.readyState === WebSocket.OPEN) {
      this.wsConnection.send(
        JSON.stringify({
          type: 'subscribe',
          topic: topic,
        }),
      );
    }
  }

  private processStatusUpdate(message: Data) {
    const { topic, data, type } = message;

    // Update cache
    this.statusCache.set(topic, data);

    // Notify subscribers
    const callbacks = this.subscriptions.get(topic);
    if (callbacks) {
      callbacks.forEach((callback) => {
        try {
          callback(data);
        } catch (error) {
          console.error('Error in status update callback:', error);
        }
      });
    }

    // Handle specific update types
    switch (type) {
      case 'mcp_server_status':
        this.handleServerStatusUpdate(data);
        break;
      case 'agent_connection_status':
        this.handleConnectionStatusUpdate(data);
        break;
      case 'connection_health':
        this.handleConnectionHealthUpdate(data);
        break;
    }
  }

  private handleServerStatusUpdate(data: Data) {
    // Broadcast to admin dashboard subscribers
    const adminTopic = 'admin:mcp:servers';
    const adminCallbacks = this.subscriptions.get(adminTopic);
    if (adminCallbacks) {
      adminCallbacks.forEach((callback) => callback(data));
    }
  }

  private handleConnectionStatusUpdate(data: Data) {
    // Broadcast to agent-specific subscribers
    const agentTopic = `agent:${data.agentId}:connections`;
    const agentCallbacks = this.subscriptions.get(agentTopic);
    if (agentCallbacks) {
      agentCallbacks.forEach((callback) => callback(data));
    }
  }

  private handleConnectionHealthUpdate(data: Data) {
    // Update health data for monitoring components
    const healthTopic = `health:${data.connectionId}`;
    const healthCallbacks = this.subscriptions.get(healthTopic);
    if (healthCallbacks) {
      healthCallbacks.forEach((callback) => callback(data));
    }
  }

  // Public API methods
  public subscribe(topic: string, callback: Callback): { unsubscribe: () => void } {
    if (!this.subscriptions.has(topic)) {
      this.subscriptions.set(topic, new Set());
      this.sendSubscription(topic);
    }

    this.subscriptions.get(topic)!.add(callback);

    // Return cached data if available
    const cachedData = this.statusCache.get(topic);
    if (cachedData) {
      setTimeout(() => callback(cachedData), 0);
    }

    return {
      unsubscribe: () => {
        const callbacks = this.subscriptions.get(topic);
        if (callbacks) {
          callbacks.delete(callback);
          if (callbacks.size === 0) {
            this.subscriptions.delete(topic);
            this.sendUnsubscription(topic);
          }
        }
      },
    };
  }

  private sendUnsubscription(topic: string) {
    if (this.wsConnection?.readyState === WebSocket.OPEN) {
      this.wsConnection.send(
        JSON.stringify({
          type: 'unsubscribe',
          topic: topic,
        }),
      );
    }
  }

  public publishStatus(topic: string, data: Data) {
    if (this.wsConnection?.readyState === WebSocket.OPEN) {
      this.wsConnection.send(
        JSON.stringify({
          type: 'publish',
          topic: topic,
          data: data,
        }),
      );
    }

    // Also update local cache and notify local subscribers
    this.statusCache.set(topic, data);
    this.processStatusUpdate({ topic, data, type: 'local_update' });
  }

  public getConnectionStatus(): 'connected' | 'connecting' | 'disconnected' {
    if (!this.wsConnection) return 'disconnected';

    switch (this.wsConnection.readyState) {
      case WebSocket.OPEN:
        return 'connected';
      case WebSocket.CONNECTING:
        return 'connecting';
      default:
        return 'disconnected';
    }
  }

  public disconnect() {
    this.stopHeartbeat();
    if (this.wsConnection) {
      this.wsConnection.close();
      this.wsConnection = null;
    }
    this.subscriptions.clear();
    this.statusCache.clear();
  }
}
