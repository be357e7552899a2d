import type { ReactNode } from 'react';
import { plural } from '../../lib/format.ts';
import type { ListedService } from '../../lib/listed.ts';
import { remove } from '../../live/command.ts';
import { startBulk } from '../../parts/bulk-bar.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { done } from '../../parts/toast.tsx';

interface Props {
  readonly services: readonly Pick<ListedService, 'id' | 'name'>[];
  readonly onClose: () => void;
  /** Several are removed by a job, which is watched. */
  readonly onJob?: ((id: string) => void) | undefined;
  readonly onRemoved?: (() => void) | undefined;
}

/** Asks once, names what goes, and says what goes with it. */
export function RemoveServices({ services, onClose, onJob, onRemoved }: Props): ReactNode {
  const [only] = services;
  const what = services.length === 1 && only !== undefined ? only.name : plural(services.length, 'service');
  return (
    <Confirm
      open={services.length > 0}
      onClose={onClose}
      title={`Remove ${what}?`}
      verb={`Remove ${services.length === 1 ? 'it' : plural(services.length, 'service')}`}
      onConfirm={async () => {
        const ids = services.map((service) => service.id);
        if (onJob !== undefined && ids.length > 1) return startBulk(onJob, 'services', { ids }, 'delete');
        const problem = await remove('services', ids);
        if (problem !== null) return problem;
        onRemoved?.();
        done(`${what} removed`);
        return null;
      }}
    >
      <p>It is no longer checked, and its check settings are deleted. Its transitions stay in the history.</p>
      {services.length > 1 && (
        <ul className="max-h-40 list-disc overflow-y-auto pl-5 text-muted">
          {services.slice(0, 50).map((service) => (
            <li key={service.id}>{service.name}</li>
          ))}
          {services.length > 50 && <li>and {services.length - 50} more</li>}
        </ul>
      )}
      <p className="text-muted">To stop checking for a while, pause instead.</p>
    </Confirm>
  );
}
