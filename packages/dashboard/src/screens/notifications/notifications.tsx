import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Lock } from 'lucide-react';
import type { ReactNode } from 'react';
import { useCan } from '../../lib/me.ts';
import { buttonClass } from '../../parts/button.tsx';
import { Empty } from '../../parts/empty.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Channels } from './channels.tsx';
import { Deliveries } from './deliveries.tsx';
import { Policies } from './policies.tsx';
import { Rules } from './rules.tsx';
import type { NotificationTab } from './search.ts';

/** What is a problem (rules), who hears of it (policies), by what (channels), and what came of it (deliveries). */
export function Notifications(): ReactNode {
  useCrumbs('Notifications');
  const mayRead = useCan('channels:read');
  const { tab = 'channels' } = useSearch({ from: '/notifications' });
  const navigate = useNavigate({ from: '/notifications' });
  const set = (next: NotificationTab): void =>
    void navigate({ search: next === 'channels' ? {} : { tab: next }, replace: true });
  return (
    <div>
      <PageHead title="Notifications">
        <Link to="/inbox" search={{ tab: 'settings' }} className={buttonClass()}>
          My notifications
        </Link>
      </PageHead>
      {mayRead ? (
        <Tabs
          label="Notifications"
          value={tab}
          onChange={set}
          tabs={[
            { key: 'channels', title: 'Channels' },
            { key: 'policies', title: 'Policies' },
            { key: 'rules', title: 'Rules' },
            { key: 'deliveries', title: 'Deliveries' },
          ]}
        >
          {tab === 'channels' ? (
            <Channels />
          ) : tab === 'policies' ? (
            <Policies />
          ) : tab === 'rules' ? (
            <Rules />
          ) : (
            <Deliveries />
          )}
        </Tabs>
      ) : (
        <Empty
          icon={Lock}
          title="Only administrators see who is told"
          action={
            <Link to="/inbox" search={{ tab: 'settings' }} className={buttonClass()}>
              My notifications
            </Link>
          }
        >
          What you yourself want to be told is yours to say.
        </Empty>
      )}
    </div>
  );
}
