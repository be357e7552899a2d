import type { PushDevice } from '@statewire/model';
import type { PushServer } from '@statewire/react/components';
import { type Answer, request, RequestError } from './request.ts';

/** Our own server, with its problems as they are. */
export const pushDoors: PushServer = {
  key: async () => {
    const answer = await request<{ readonly publicKey: string }>('/v1/push/key');
    return !answer.ok && answer.problem.status === 404 ? null : valueOf(answer).publicKey;
  },
  add: async ({ endpoint, keys }, name) =>
    valueOf(await request<PushDevice>('/v1/push/subscriptions', { method: 'POST', body: { endpoint, keys, name } })).id,
  remove: async (id) => {
    const answer = await request(`/v1/push/subscriptions/${encodeURIComponent(id)}`, { method: 'DELETE' });
    if (!answer.ok && answer.problem.status !== 404) throw new RequestError(answer.problem);
  },
};

function valueOf<T>(answer: Answer<T>): T {
  if (!answer.ok) throw new RequestError(answer.problem);
  return answer.value;
}
