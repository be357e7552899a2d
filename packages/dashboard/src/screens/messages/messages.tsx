import { SystemMessageBanner, SystemMessageManager } from '@statewire/react';
import type { ReactNode } from 'react';
import { useCan } from '../../lib/me.ts';
import { useCrumbs } from '../../parts/frame.tsx';

/** What is said to people and to the users of apps: by where it stands, with what became of it. */
export function Messages(): ReactNode {
  useCrumbs('Messages');
  const mayWrite = useCan('messages:change');
  return (
    <div className="space-y-5">
      <h1 className="text-xl font-semibold tracking-tight">Messages</h1>
      {mayWrite ? <SystemMessageManager className="pane p-4" /> : <SystemMessageBanner max={50} />}
    </div>
  );
}
