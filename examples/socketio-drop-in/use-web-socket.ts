import { useCallback, useEffect, useState } from 'react';
import { socketManager } from './socket.ts';
import type { ConnectionStatus, ErrorMessage } from './types.ts';

export function useWebSocket() {
  const [isConnected, setIsConnected] = useState(false);
  const [connectionError, setConnectionError] = useState<string | null>(null);

  useEffect(() => {
    const socket = socketManager.connect();

    const handleConnectionStatus = (status: ConnectionStatus) => {
      setIsConnected(status.connected);
      if (status.connected) {
        setConnectionError(null);
      }
    };

    const handleError = (error: ErrorMessage) => {
      setConnectionError(error.message);
    };

    socketManager.on('connection:status', handleConnectionStatus);
    socketManager.on('error', handleError);

    // Subscribe to status updates
    socket.emit('subscribe:status');

    return () => {
      socket.emit('unsubscribe:status');
      socketManager.off('connection:status', handleConnectionStatus);
      socketManager.off('error', handleError);
    };
  }, []);

  const refreshService = useCallback((serviceId: string) => {
    socketManager.emit('request:refresh', serviceId);
  }, []);

  return { isConnected, connectionError, refreshService };
}
