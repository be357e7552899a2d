import type { ReactNode } from 'react';
import { plural } from '../../lib/format.ts';
import type { ListedService } from '../../lib/listed.ts';
import { remove } from '../../live/command.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { done } from '../../parts/toast.tsx';

interface Props {
  readonly services: readonly Pick<ListedService, 'id' | 'name'>[];
  readonly onClose: () => void;
  readonly onRemoved: (ids: readonly string[]) => void;
}

/** Asks once, names what goes, and says what goes with it. */
export function RemoveServices({ services, onClose, onRemoved }: Props): ReactNode {
  const [only] = services;
  const what = services.length === 1 && only !== undefined ? only.name : plural(services.length, 'service');
  return (
    <Confirm
      open={services.length > 0}
      onClose={onClose}
      title={`Remove ${what}?`}
      verb={`Remove ${services.length === 1 ? 'it' : plural(services.length, 'service')}`}
      onConfirm={async () => {
        const problem = await remove(
          'services',
          services.map((service) => service.id),
        );
        if (problem !== null) return problem;
        onRemoved(services.map((service) => service.id));
        done(`${what} removed`);
        return null;
      }}
    >
      <p>It is no longer checked, and its check settings are deleted. Its transitions stay in the history.</p>
      {services.length > 1 && (
        <ul className="max-h-40 list-disc overflow-y-auto pl-5 text-muted">
          {services.map((service) => (
            <li key={service.id}>{service.name}</li>
          ))}
        </ul>
      )}
      <p className="text-muted">To stop checking for a while, pause instead.</p>
    </Confirm>
  );
}
