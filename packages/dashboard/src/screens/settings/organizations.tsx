import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Ellipsis, LogIn, Pencil, Plus, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { count, plural } from '../../lib/format.ts';
import { textOf } from '../../lib/form-text.ts';
import { goToOrganization } from '../../lib/go-to-organization.ts';
import { useMe } from '../../lib/me.ts';
import { Button } from '../../parts/button.tsx';
import { Field, Input } from '../../parts/field.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { Menu } from '../../parts/menu.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { done, failedToast } from '../../parts/toast.tsx';
import {
  allOrganizationsQuery,
  deleteOrganization,
  type EndingOrganization,
  type Holdings,
  holdingsQuery,
  makeOrganization,
  type Organization,
  renameOrganization,
} from '../../rest/organizations.ts';
import { type Answer, type Problem, problemIn } from '../../rest/request.ts';

type Doing = { readonly what: 'make' } | { readonly what: 'delete' | 'rename'; readonly of: Organization };

/** The organizations one may go into: who runs the instance makes, names and deletes them here. */
export function OrganizationsPane(): ReactNode {
  const { me } = useMe();
  const all = useQuery(allOrganizationsQuery);
  const [doing, setDoing] = useState<Doing | null>(null);
  const close = (): void => setDoing(null);
  if (all.isError) return <ProblemNote problem={problemIn(all.error)} />;
  const { organizations = [], ending = [] } = all.data ?? {};
  return (
    <>
      <Pane
        title="Organizations"
        {...(all.isPending ? {} : { note: plural(organizations.length, 'organization') })}
        {...(me.isOperator
          ? {
              actions: (
                <Button size="small" tone="primary" onClick={() => setDoing({ what: 'make' })}>
                  <Plus aria-hidden /> New organization
                </Button>
              ),
            }
          : {})}
      >
        {all.isPending ? (
          <BoneRows rows={2} className="h-14" />
        ) : (
          <ul aria-label="Organizations">
            {organizations.map((of) => (
              <Line key={of.id} of={of} onDo={setDoing} />
            ))}
            {ending.map((of) => (
              <EndingLine key={of.id} of={of} />
            ))}
          </ul>
        )}
      </Pane>
      {doing?.what === 'make' && <Make onClose={close} />}
      {doing?.what === 'rename' && <Rename of={doing.of} onClose={close} />}
      {doing?.what === 'delete' && <DeleteOrganization of={doing.of} onClose={close} />}
    </>
  );
}

function Line({ of, onDo }: { of: Organization; onDo: (doing: Doing) => void }): ReactNode {
  const { me } = useMe();
  const isHere = of.id === me.org;
  const isOwner = of.role === 'owner';
  const go = async (): Promise<void> => {
    const failed = await goToOrganization(of.id);
    if (failed !== null) failedToast(failed);
  };
  return (
    <li className="flex min-h-14 items-center gap-3 border-b px-4 py-2 last:border-b-0">
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium">
          {of.name}
          {isHere && <span className="font-normal text-muted"> (you are here)</span>}
        </p>
        <p className="truncate text-xs text-muted">
          <span className="code">{of.id}</span> · {of.role ?? 'by key'}
        </p>
      </div>
      <Menu
        trigger={
          <Button tone="ghost" size="icon" aria-label={`More for ${of.name}`}>
            <Ellipsis aria-hidden />
          </Button>
        }
        items={[
          { label: 'Go there', icon: LogIn, disabled: isHere || me.user === null, onSelect: () => void go() },
          {
            label: 'Rename',
            icon: Pencil,
            disabled: !isOwner && of.role !== 'admin',
            onSelect: () => onDo({ what: 'rename', of }),
          },
          null,
          {
            label: 'Delete the organization',
            icon: Trash2,
            danger: true,
            disabled: !isOwner || of.id === 'main',
            onSelect: () => onDo({ what: 'delete', of }),
          },
        ]}
      />
    </li>
  );
}

function EndingLine({ of }: { of: EndingOrganization }): ReactNode {
  return (
    <li className="flex min-h-14 items-center gap-3 border-b px-4 py-2 text-muted last:border-b-0">
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium">{of.name}</p>
        <p className="truncate text-xs">
          <span className="code">{of.id}</span> · being deleted
          {of.records > 0 && `, ${plural(of.records, 'record')} left`}
        </p>
      </div>
    </li>
  );
}

/** Sends something, and shows the list as it is then. */
function useSent(): (answer: Promise<Answer<unknown>>, text: string) => Promise<Problem | null> {
  const queries = useQueryClient();
  return async (answer, text) => {
    const said = await answer;
    if (!said.ok) return said.problem;
    done(text);
    await queries.invalidateQueries({ queryKey: allOrganizationsQuery.queryKey });
    return null;
  };
}

function Make({ onClose }: { onClose: () => void }): ReactNode {
  const send = useSent();
  return (
    <FormDialog
      title="New organization"
      note="It begins empty, and nobody is in it. You may go there and invite its first admin, who owns it."
      verb="Make it"
      onClose={onClose}
      onSubmit={(data) => {
        const name = textOf(data, 'name').trim();
        return send(makeOrganization({ id: textOf(data, 'id').trim(), name }), `${name} is there`);
      }}
    >
      <Field label="Name" hint="As people see it. It can be changed.">
        {(ids) => <Input {...ids} name="name" required maxLength={100} isFirst />}
      </Field>
      <Field label="Id" hint="a-z, 0-9, _ and -. It stands in addresses and keys, and stays.">
        {(ids) => (
          <Input {...ids} name="id" required maxLength={63} className="code" autoCapitalize="none" spellCheck={false} />
        )}
      </Field>
    </FormDialog>
  );
}

function Rename({ of, onClose }: { of: Organization; onClose: () => void }): ReactNode {
  const send = useSent();
  return (
    <FormDialog
      title={`Rename ${of.name}`}
      verb="Rename it"
      onClose={onClose}
      onSubmit={(data) => {
        const name = textOf(data, 'name').trim();
        return send(renameOrganization(of.id, name), `It is ${name} now`);
      }}
    >
      <Field label="Name">
        {(ids) => <Input {...ids} name="name" required maxLength={100} defaultValue={of.name} isFirst />}
      </Field>
    </FormDialog>
  );
}

/** Says what goes, and lets nobody do it by a click alone. */
function DeleteOrganization({ of, onClose }: { of: Organization; onClose: () => void }): ReactNode {
  const { me } = useMe();
  const send = useSent();
  const holds = useQuery(holdingsQuery(of.id));
  return (
    <FormDialog
      title={`Delete ${of.name}?`}
      note="This cannot be taken back. Its audit log stays; its id is not given again."
      verb="Delete it for good"
      isDanger
      onClose={onClose}
      onSubmit={async (data) => {
        const name = textOf(data, 'name').trim();
        const failed = await send(
          deleteOrganization(of.id, { name, why: textOf(data, 'why').trim() }),
          `${of.name} is being deleted`,
        );
        // Whoever was in it is somewhere else now, or nowhere.
        if (failed === null && of.id === me.org) location.assign('/');
        return failed;
      }}
    >
      {holds.isPending && <BoneRows rows={3} className="h-6" />}
      {holds.isError && <ProblemNote problem={problemIn(holds.error)} />}
      {holds.data !== undefined && <Lost holds={holds.data} />}
      <Field label="Its name" hint={`Type ${of.name}`}>
        {(ids) => <Input {...ids} name="name" required autoComplete="off" isFirst />}
      </Field>
      <Field label="Why" hint="For the audit log. May be empty.">
        {(ids) => <Input {...ids} name="why" maxLength={500} />}
      </Field>
    </FormDialog>
  );
}

function Lost({ holds }: { holds: Holdings }): ReactNode {
  const named = NAMED.flatMap(([collection, one, many]) => {
    const n = holds.collections[collection] ?? 0;
    return n === 0 ? [] : [plural(n, one, many)];
  });
  const said = ['members', ...NAMED.map(([collection]) => collection)];
  const others = said.reduce((left, collection) => left - (holds.collections[collection] ?? 0), holds.records);
  return (
    <div className="space-y-2 text-sm">
      <p>With it goes, from now on and for good:</p>
      <ul aria-label="What is lost" className="list-disc space-y-1 pl-5">
        <li>
          {holds.people === 0
            ? 'nobody: no people belong to it'
            : `${plural(holds.people, 'person', 'people')} shut out at once${holds.peopleOnlyHere === 0 ? '' : `, and the accounts of ${holds.peopleOnlyHere} who belong nowhere else`}`}
        </li>
        {holds.keys + holds.invitations > 0 && (
          <li>
            {plural(holds.keys, 'API key')} and {plural(holds.invitations, 'open invitation')}
          </li>
        )}
        {named.length > 0 && <li>{named.join(', ')}, with their history</li>}
        {others > 0 && <li>{count(others)} other records: alerts, pages, settings and the like</li>}
      </ul>
    </div>
  );
}

/** What people know by name; members are told as people. */
const NAMED: readonly (readonly [collection: string, one: string, many: string])[] = [
  ['services', 'service', 'services'],
  ['agents', 'agent', 'agents'],
  ['jobs', 'job', 'jobs'],
  ['incidents', 'incident', 'incidents'],
  ['customers', 'customer', 'customers'],
  ['users', 'user', 'users'],
];
