import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { socketManager } from './socket.ts';
import type { ServiceStatus, ServiceStatusUpdate } from './types.ts';

export function useRealtimeStatus() {
  const queryClient = useQueryClient();

  useEffect(() => {
    const handleStatusUpdate = (update: ServiceStatusUpdate) => {
      // Update single service
      queryClient.setQueryData<ServiceStatus[]>(['services', 'status'], (old) => {
        if (!old) return old;

        return old.map((service) =>
          service.id === update.serviceId
            ? {
                ...service,
                status: update.status,
                responseTime: update.responseTime,
                lastCheckAt: new Date(update.timestamp),
                details: update.details ? { ...service.details, ...update.details } : service.details,
              }
            : service,
        );
      });

      // Trigger update animation
      queryClient.setQueryData(['service-update', update.serviceId], update);
    };

    const handleBulkUpdate = (services: ServiceStatus[]) => {
      // Update all services at once
      queryClient.setQueryData(['services', 'status'], services);
    };

    socketManager.on('service:status', handleStatusUpdate);
    socketManager.on('service:bulk-update', handleBulkUpdate);

    return () => {
      socketManager.off('service:status', handleStatusUpdate);
      socketManager.off('service:bulk-update', handleBulkUpdate);
    };
  }, [queryClient]);
}
