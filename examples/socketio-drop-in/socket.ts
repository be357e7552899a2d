import { io, type Socket } from 'socket.io-client';
import { getAuthToken } from './auth.ts';

/* oxlint-disable typescript/no-explicit-any, typescript/no-non-null-assertion, typescript/no-unnecessary-type-assertion -- true: kept as the app has it. */
type Callback = (data: any) => void;

class SocketManager {
  private socket: Socket | null = null;
  private readonly listeners: Map<string, Set<Callback>> = new Map();

  connect(): Socket {
    if (this.socket?.connected) {
      return this.socket;
    }

    const token = getAuthToken();

    this.socket = io(process.env['NEXT_PUBLIC_SOCKET_URL']!, {
      auth: { token },
      transports: ['websocket'],
      reconnection: true,
      reconnectionDelay: 1000,
      reconnectionDelayMax: 5000,
      reconnectionAttempts: 5,
      timeout: 10000,
    });

    this.setupEventHandlers();
    return this.socket;
  }

  private setupEventHandlers() {
    this.socket!.on('connect', () => {
      console.log('WebSocket connected');
      this.emit('connection:status', { connected: true });
    });

    this.socket!.on('disconnect', (reason) => {
      console.log('WebSocket disconnected:', reason);
      this.emit('connection:status', { connected: false });
    });

    this.socket!.on('connect_error', (error) => {
      console.error('WebSocket connection error:', error);
    });
  }

  on(event: string, callback: Callback) {
    if (!this.listeners.has(event)) {
      this.listeners.set(event, new Set());
    }
    this.listeners.get(event)!.add(callback);
    this.socket?.on(event, callback);
  }

  off(event: string, callback: Callback) {
    this.listeners.get(event)?.delete(callback);
    this.socket?.off(event, callback);
  }

  emit(event: string, data?: any) {
    this.socket?.emit(event, data);
  }

  disconnect() {
    this.socket?.disconnect();
    this.socket = null;
  }
}

export const socketManager = new SocketManager();
