import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useCan, useMe } from '../../lib/me.ts';
import { save } from '../../live/command.ts';
import { useRecordOf } from '../../live/rows.ts';
import { Switch } from '../../parts/field.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { done } from '../../parts/toast.tsx';
import { organizationsQuery } from '../../rest/organizations.ts';
import type { Problem } from '../../rest/request.ts';
import { Fact, Facts } from '../service/pairs.tsx';
import { NotYours } from './layout.tsx';
import { OrganizationsPane } from './organizations.tsx';

const SETTINGS = { title: 'Settings' } as const;

/** What holds for everybody of the organization. */
export function Organization(): ReactNode {
  useCrumbs('Organization', SETTINGS);
  const { me } = useMe();
  const isAdmin = useCan('organization:change');
  const { row, isLoading } = useRecordOf('settings', 'main');
  const { data: all = [] } = useQuery(organizationsQuery);
  const here = all.find(({ id }) => id === me.org);
  const [problem, setProblem] = useState<Problem | null>(null);
  if (!isAdmin) return <NotYours />;
  const require = async (requiresSecondFactor: boolean): Promise<void> => {
    const failed = await (row === null
      ? save('settings', null, { id: 'main', requiresSecondFactor })
      : save('settings', 'main', { requiresSecondFactor }));
    setProblem(failed);
    if (failed === null)
      done(requiresSecondFactor ? 'A second factor is required now' : 'A second factor is a choice now');
  };
  return (
    <>
      <Pane title="Organization">
        <Facts>
          {here !== undefined && <Fact title="Name">{here.name}</Fact>}
          <Fact title="Id">
            <span className="code">{me.org}</span>
          </Fact>
        </Facts>
      </Pane>
      <Pane title="Signing in">
        {isLoading ? (
          <BoneRows rows={1} className="h-14" />
        ) : (
          <div className="px-4 py-3">
            <Switch
              label="Everybody who signs in by password needs a second factor"
              checked={row?.requiresSecondFactor === true}
              onChange={(checked) => void require(checked)}
            />
            <p className="mt-1 text-sm text-muted">
              Whoever has none sets one up before anything else, at once. Who comes through an identity provider is the
              provider’s to ask.
            </p>
            {problem !== null && <ProblemNote problem={problem} className="mt-3" />}
          </div>
        )}
      </Pane>
      <OrganizationsPane />
    </>
  );
}
