import type { Client } from '@statewire/client';
import { StatewireProvider, useConnection } from '@statewire/react';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { MeContext, signedOf } from './lib/me.ts';
import { markTab } from './lib/favicon.ts';
import { endClient, openClient } from './live/client.ts';
import { later, useLater } from './lib/later.ts';
import { commandThrough } from './live/command.ts';
import { Button } from './parts/button.tsx';
import { ProblemNote } from './parts/problem.tsx';
import { type Me, signOut, whoAmI } from './rest/account.ts';
import { type Problem, problemIn } from './rest/request.ts';
import { router } from './router.tsx';
import { GateFrame } from './screens/gate.tsx';

// Who comes to these comes once.
const SignIn = lazy(() => import('./screens/sign-in.tsx').then((screen) => ({ default: screen.SignIn })));
const Welcome = lazy(() => import('./screens/welcome.tsx').then((screen) => ({ default: screen.Welcome })));
const Reset = lazy(() => import('./screens/reset.tsx').then((screen) => ({ default: screen.Reset })));
const Enrol = lazy(() => import('./screens/enrol.tsx').then((screen) => ({ default: screen.Enrol })));
const toasts = later(() => import('./parts/toasts.tsx').then((module) => module.Toasts));
const lookKeeper = later(() => import('./live/look.ts').then((module) => module.LookKeeper));
// What is said to operators comes after the page itself.

type Session =
  | { readonly at: 'asking' }
  | { readonly at: 'unreachable'; readonly problem: Problem; readonly attempt: number }
  | { readonly at: 'out' }
  | { readonly at: 'enrolling' }
  | { readonly at: 'in'; readonly me: Me; readonly client: Client };

/** Who is here decides what is shown: a one-time link, the door, or the product with a client of their own. */
export function App(): ReactNode {
  const [session, setSession] = useState<Session>({ at: 'asking' });
  const [token, setToken] = useState(linkToken);
  const [queries] = useState(makeQueries);
  const [attempt, setAttempt] = useState(0);

  const enter = useCallback((me: Me, client?: Client) => {
    if (!me.needsSecondFactor) return setSession({ at: 'in', me, client: client ?? openClient() });
    // Nothing may be read yet: a connection would be told so, view by view.
    if (client !== undefined) endClient(client);
    setSession({ at: 'enrolling' });
  }, []);
  useEffect(() => {
    if (token !== null) return undefined;
    const asking = new AbortController();
    // Connects while it asks: most who come are signed in, and the first rows are waiting for both answers.
    let early: Client | null = openClient();
    early.connect();
    const letGo = (): void => {
      if (early !== null) endClient(early);
      early = null;
    };
    whoAmI(asking.signal).then(
      (me) => {
        if (asking.signal.aborted) return;
        if (me === null || early === null) {
          letGo();
          setSession({ at: 'out' });
          return;
        }
        enter(me, early);
        early = null;
      },
      (error: unknown) => {
        letGo();
        if (!asking.signal.aborted) setSession({ at: 'unreachable', problem: problemIn(error), attempt });
      },
    );
    return () => {
      asking.abort();
      letGo();
    };
  }, [enter, token, attempt]);

  useEffect(() => {
    // A one-time link opened in a tab that is already here only changes the hash.
    const listen = (): void => setToken(linkToken());
    addEventListener('hashchange', listen);
    return () => removeEventListener('hashchange', listen);
  }, []);

  const client = session.at === 'in' ? session.client : null;
  const org = session.at === 'in' ? session.me.org : null;
  useEffect(() => {
    // Another tab took the session into another organization, and this one with it.
    const follow = (event: StorageEvent): void => {
      if (event.key === 'statewire.organization' && org !== null && event.newValue !== org) location.assign('/');
    };
    addEventListener('storage', follow);
    return () => removeEventListener('storage', follow);
  }, [org]);

  useEffect(() => {
    commandThrough(client);
    return () => {
      if (client !== null) endClient(client);
    };
  }, [client]);

  const leave = useCallback(() => {
    // What was read for one person is not kept for the next.
    queries.clear();
    setSession({ at: 'out' });
    markTab(0, 'Sign in');
  }, [queries]);
  // What a person may no longer do is no longer offered, and what they may do now is, without loading anything anew.
  const changed = useCallback(
    (me: Me) => {
      // The session went into another organization: nothing of this page is of it.
      if (org !== null && me.org !== org) location.reload();
      else if (client !== null) enter(me, client);
    },
    [client, enter, org],
  );
  const signed = useMemo(
    () => (session.at === 'in' ? signedOf(session.me, () => void signOut().then(leave)) : null),
    [session, leave],
  );

  if (token?.for === 'reset') {
    return (
      <QueryClientProvider client={queries}>
        <Suspense>
          <Reset key={token.token} token={token.token} />
        </Suspense>
      </QueryClientProvider>
    );
  }
  if (token !== null) {
    return (
      <QueryClientProvider client={queries}>
        <Suspense>
          <Welcome
            key={token.token}
            token={token.token}
            onSignedIn={(me) => {
              // The used link must not stay in the address or the history.
              history.replaceState(null, '', '/');
              setToken(null);
              enter(me);
            }}
          />
        </Suspense>
      </QueryClientProvider>
    );
  }
  switch (session.at) {
    case 'asking':
      return <main aria-busy="true" aria-label="Statewire" className="min-h-dvh" />;
    case 'unreachable':
      return (
        <GateFrame title="The server does not answer">
          <ProblemNote problem={session.problem} />
          <Button tone="primary" className="mt-4" onClick={() => setAttempt(session.attempt + 1)}>
            Try again
          </Button>
        </GateFrame>
      );
    case 'out':
      return (
        <QueryClientProvider client={queries}>
          <Suspense>
            <SignIn
              onSignedIn={(me) => {
                // Why somebody was refused before is not where they are now.
                if (location.hash.startsWith('#/sign-in/')) history.replaceState(null, '', '/');
                enter(me);
              }}
            />
          </Suspense>
        </QueryClientProvider>
      );
    case 'enrolling':
      return (
        <QueryClientProvider client={queries}>
          <Suspense>
            <Enrol
              onDone={() => void whoAmI().then((me) => (me === null ? leave() : enter(me)), leave)}
              onSignOut={() => void signOut().then(leave)}
            />
          </Suspense>
        </QueryClientProvider>
      );
    case 'in':
      break;
    default:
      return session satisfies never;
  }
  return (
    <StatewireProvider client={session.client}>
      <QueryClientProvider client={queries}>
        <MeContext value={signed}>
          <RouterProvider router={router} />
          <LaterToasts />
          <LaterLook />
          <SessionWatch onEnded={leave} onChanged={changed} />
        </MeContext>
      </QueryClientProvider>
    </StatewireProvider>
  );
}

/** Nothing is said before a person has done something, or the first rows are there; what was said by then is shown at once. */
function LaterToasts(): ReactNode {
  return useLater(toasts, NO_PROPS);
}

/** What this browser kept is shown until then. */
function LaterLook(): ReactNode {
  return useLater(lookKeeper, NO_PROPS);
}

const NO_PROPS = {};

/** The live connection is the first to learn that a session ended: then the door is shown, not an empty page. */
function SessionWatch({ onEnded, onChanged }: { onEnded: () => void; onChanged: (me: Me) => void }): null {
  const { state, revision } = useConnection();
  const seen = useRef<number | null>(null);
  useEffect(() => {
    if (revision === 0) return undefined;
    // The first connection was opened beside the question who this is.
    const isFirst = seen.current === null;
    seen.current = revision;
    if (isFirst) return undefined;
    const asking = new AbortController();
    whoAmI(asking.signal).then(
      (me) => {
        if (asking.signal.aborted) return;
        if (me === null) onEnded();
        else onChanged(me);
      },
      // Asked again with the next connection.
      () => undefined,
    );
    return () => asking.abort();
  }, [revision, onEnded, onChanged]);
  useEffect(() => {
    if (state !== 'unauthorized') return;
    void whoAmI().then(
      (me) => {
        if (me === null) onEnded();
      },
      // The server cannot be asked: the pill says so, and the next attempt to connect asks again.
      () => undefined,
    );
  }, [state, onEnded]);
  return null;
}

/** The token of `/#/welcome/<token>`, `/welcome/<token>` or `/#/reset/<token>`, or null. */
function linkToken(): { readonly for: 'reset' | 'welcome'; readonly token: string } | null {
  const found =
    /^#?\/(welcome|reset)\/([^/?#]+)/u.exec(location.hash) ?? /^\/(welcome)\/([^/?#]+)/u.exec(location.pathname);
  const token = found?.[2];
  return token === undefined ? null : { for: found?.[1] === 'reset' ? 'reset' : 'welcome', token };
}

function makeQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // A refusal stays one; only an unreachable server is worth asking again.
        retry: (failures, error) => failures < 3 && problemIn(error).status === 0,
        refetchOnWindowFocus: false,
      },
    },
  });
}
