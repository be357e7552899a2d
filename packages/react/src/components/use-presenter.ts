/**
 * Which of several open tabs speaks: the one that was looked at last. It holds a lock that all tabs of the site share.
 * A tab that gets the focus takes the lock over; one that is hidden gives it back; the next visible one has been waiting
 * for it. Where there are no locks (plain http), each visible tab speaks.
 */
import { useEffect, useState } from 'react';

/** Is this the tab that speaks? Always while `isAsked` is false. */
export function usePresenter(isAsked = true): boolean {
  const [isPresenter, setIsPresenter] = useState(false);
  useEffect(() => (isAsked ? present(setIsPresenter) : undefined), [isAsked]);
  return isPresenter || !isAsked;
}

const LOCK = 'statewire.presenter';

function present(tell: (isPresenter: boolean) => void): () => void {
  const locks = 'locks' in navigator ? navigator.locks : null;
  let isOver = false;
  let isMine = false;
  /** Ends the present claim: gives the lock back, or stops waiting for it. */
  let release: (() => void) | null = null;
  const isSeen = (): boolean => document.visibilityState === 'visible';

  const say = (isPresenter: boolean): void => {
    isMine = isPresenter;
    tell(isPresenter);
  };

  function claim(isTaken: boolean): void {
    if (locks === null) {
      say(isSeen());
      return;
    }
    release?.();
    const waiting = new AbortController();
    let done: (() => void) | null = null;
    const mine = (): void => {
      done?.();
      waiting.abort();
    };
    release = mine;
    const options = isTaken ? { steal: true } : { signal: waiting.signal };
    locks
      .request(LOCK, options, async () => {
        if (isOver || release !== mine) return;
        say(true);
        await new Promise<void>((resolve) => {
          done = resolve;
        });
      })
      .catch(() => {
        // Taken over by the tab that got the focus, or no longer wanted: both end a claim.
      })
      .finally(() => {
        if (isOver || release !== mine) return;
        release = null;
        say(false);
        if (isSeen()) claim(false);
      });
  }

  const look = (): void => {
    if (isSeen()) {
      if (release === null) claim(document.hasFocus());
      return;
    }
    const end = release;
    release = null;
    end?.();
    say(false);
  };
  const take = (): void => {
    if (!isMine) claim(true);
  };
  document.addEventListener('visibilitychange', look);
  globalThis.addEventListener('focus', take);
  look();
  return () => {
    isOver = true;
    document.removeEventListener('visibilitychange', look);
    globalThis.removeEventListener('focus', take);
    release?.();
  };
}
