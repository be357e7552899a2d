import { SystemMessageBanner } from '@statewire/react';
import type { ReactNode } from 'react';

/** What is said to operators, over every page and moving none. */
export function Notice(): ReactNode {
  return <SystemMessageBanner placement="over" max={2} />;
}
