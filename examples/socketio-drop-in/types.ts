export interface ServiceStatusUpdate {
  serviceId: string;
  status: 'up' | 'down' | 'degraded';
  responseTime?: number;
  timestamp: string;
  details?: Record<string, unknown>;
}

export interface ServiceStatus {
  id: string;
  name: string;
  status: 'up' | 'down' | 'degraded';
  responseTime?: number | undefined;
  lastCheckAt: Date;
  details?: Record<string, unknown> | undefined;
}

export interface ConnectionStatus {
  connected: boolean;
  latency?: number;
  reconnectAttempt?: number;
}

export interface ErrorMessage {
  code: string;
  message: string;
}
