import { Database, Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useCan } from '../../lib/me.ts';
import { useRows } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Empty } from '../../parts/empty.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Pane } from '../../parts/pane.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { Captures } from './captures.tsx';
import { Connect } from './connect.tsx';

const SYSTEM = { title: 'System', to: '/system' } as const;

/** Databases and others whose rows are records here, and the way to one more. */
export function CapturesPage(): ReactNode {
  useCrumbs('Captures', SYSTEM);
  const { rows, isLoading } = useRows('captures');
  const mayConnect = useCan('config:change');
  const [isOpen, setOpen] = useState(false);
  const waiting = rows.filter(({ state }) => state === 'waiting').length;
  const connect = (
    <Button tone="primary" onClick={() => setOpen(true)}>
      <Plus aria-hidden />
      Connect a database
    </Button>
  );
  return (
    <div>
      <PageHead
        title="Captures"
        note={
          rows.length === 0 ? '' : waiting === 0 ? String(rows.length) : `${waiting} of ${rows.length} cannot go on`
        }
      >
        {mayConnect && !isOpen && rows.length > 0 && connect}
      </PageHead>
      <div className="space-y-4">
        {mayConnect && isOpen && <Connect onClose={() => setOpen(false)} />}
        {isLoading ? (
          <Pane>
            <BoneRows rows={3} className="h-20" />
          </Pane>
        ) : rows.length > 0 ? (
          <Captures />
        ) : (
          !isOpen && (
            <Pane title="Databases" note="rows that are live records">
              <Empty icon={Database} title="No tables are captured yet" action={mayConnect ? connect : undefined}>
                Any table of PostgreSQL, MySQL or MariaDB can be a collection of live records, without a change to the
                programs that write it.
              </Empty>
            </Pane>
          )
        )}
      </div>
    </div>
  );
}
