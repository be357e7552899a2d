import { SystemMessageBanner } from '@statewire/react';
import type { ReactNode } from 'react';
import type { MessageFields } from './fields.ts';

/** The message as its readers will see it. Inert: its links lead nowhere from here, and nobody is read it out. */
export function Preview({ fields }: { fields: MessageFields }): ReactNode {
  const { title, body, priority, link, dismissible } = fields;
  const isLinked = link.text.trim() !== '' && link.url.trim() !== '';
  return (
    <section aria-label="Preview" className="space-y-1.5">
      <h3 className="text-sm font-medium">As it will look</h3>
      <div inert className="rounded-card border border-dashed bg-background p-3">
        <SystemMessageBanner
          messages={[
            {
              id: 'preview',
              title: title.trim() === '' ? 'Title' : title,
              body,
              priority,
              dismissible,
              link: isLinked ? link : null,
            },
          ]}
        />
      </div>
    </section>
  );
}
