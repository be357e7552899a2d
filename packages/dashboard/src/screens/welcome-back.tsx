import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { exact } from '../lib/format.ts';
import { goToOrganization } from '../lib/go-to-organization.ts';
import { Button, buttonClass } from '../parts/button.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Bone } from '../parts/skeleton.tsx';
import { type Me, type OneTimeLink, whoAmI } from '../rest/account.ts';
import { acceptInvitation } from '../rest/invitations.ts';
import type { Problem } from '../rest/request.ts';
import { GateFrame } from './gate.tsx';
import { SignIn } from './sign-in.tsx';

/** An invitation to somebody who has an account: they sign in with it, if they are not in, and join. */
export function WelcomeBack({ link }: { link: OneTimeLink }): ReactNode {
  const who = useQuery({ queryKey: ['who'], queryFn: ({ signal }) => whoAmI(signal), retry: false });
  const [entered, setEntered] = useState<Me | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const me = entered ?? who.data ?? null;
  const isTheirs = me?.user?.email.toLowerCase() === link.email.toLowerCase();
  const join = async (): Promise<void> => {
    setBusy(true);
    const answer = await acceptInvitation(link.org);
    const failed = answer.ok ? await goToOrganization(link.org) : answer.problem;
    setBusy(false);
    setProblem(failed);
  };
  if (who.isPending)
    return (
      <GateFrame title="You are invited">
        <Bone className="h-10 w-full" />
      </GateFrame>
    );
  if (me === null) return <SignIn onSignedIn={setEntered} />;
  return (
    <GateFrame
      title="You are invited"
      note={`${link.email} joins ${link.org} as ${link.role}. The link works until ${exact(link.expiresAt)}.`}
    >
      {isTheirs ? (
        <Button tone="primary" busy={busy} onClick={() => void join()} className="h-10 w-full">
          Join {link.org}
        </Button>
      ) : (
        <>
          <p className="mb-4">
            You are signed in as {me.user?.email ?? me.name}. The invitation is for another account: sign out, and open
            the link again.
          </p>
          <a href="/" className={buttonClass({ tone: 'primary' })}>
            Go on as {me.name}
          </a>
        </>
      )}
      {problem !== null && <ProblemNote problem={problem} className="mt-4" />}
    </GateFrame>
  );
}
