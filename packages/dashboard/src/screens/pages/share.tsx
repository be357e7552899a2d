import type { Page } from '@statewire/model';
import { type ReactNode, useState } from 'react';
import { Copyable } from '../../parts/copy.tsx';
import { Select } from '../../parts/field.tsx';
import { Pane } from '../../parts/pane.tsx';

/** What to put elsewhere: badges, a frame, feeds. */
export function Share({ page }: { page: Page }): ReactNode {
  const services = page.groups.flatMap((group) => group.services);
  const [chosen, setChosen] = useState('');
  const id = chosen === '' ? (services[0]?.id ?? '') : chosen;
  const at = location.origin;
  if (!page.isPublished) {
    return (
      <Pane title="Badges and embeds" bodyClassName="p-4">
        <p className="text-sm text-muted">They work once the page is published.</p>
      </Pane>
    );
  }
  return (
    <Pane title="Badges and embeds" bodyClassName="space-y-3 p-4">
      {services.length > 0 && (
        <>
          <Select aria-label="Service" value={id} onChange={(event) => setChosen(event.currentTarget.value)}>
            {services.map((service) => (
              <option key={service.id} value={service.id}>
                {service.name ?? service.id}
              </option>
            ))}
          </Select>
          <ul className="space-y-2">
            {(['status', 'uptime', 'latency'] as const).map((what) => (
              <li key={what} className="space-y-1">
                <img src={`/badge/${page.slug}/${id}/${what}.svg`} alt={`${what} badge`} className="h-5" />
                <Copyable text={`${at}/badge/${page.slug}/${id}/${what}.svg`} />
              </li>
            ))}
          </ul>
        </>
      )}
      <div>
        <p className="mb-1 text-sm font-medium">Frame</p>
        <Copyable
          text={`<iframe src="${at}/embed/${page.slug}" title="${page.title.replaceAll('"', '')}" loading="lazy" style="border:0;width:100%;height:20rem"></iframe>`}
        />
        {page.frames.length === 0 && <p className="mt-1 text-xs text-muted">Name who may frame it under More first.</p>}
      </div>
      <div>
        <p className="mb-1 text-sm font-medium">Feed</p>
        <Copyable text={`${at}/status/${page.slug}/feed.xml`} />
      </div>
    </Pane>
  );
}
