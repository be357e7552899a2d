import type { PushDevice } from '@statewire/model';
import { type Answer, request } from './request.ts';

/** The key that browsers subscribe with, or a 404 when no channel for pushes is enabled. */
export function pushKey(): Promise<Answer<{ readonly publicKey: string }>> {
  return request('/v1/push/key');
}

export function addDevice(subscription: PushSubscriptionJSON, name: string): Promise<Answer<PushDevice>> {
  const { endpoint, keys } = subscription;
  return request('/v1/push/subscriptions', { method: 'POST', body: { endpoint, keys, name } });
}

export function removeDevice(id: string): Promise<Answer<unknown>> {
  return request(`/v1/push/subscriptions/${encodeURIComponent(id)}`, { method: 'DELETE' });
}
