import type { Env, Lock } from '../env.ts';
import { fullEnv } from '../full-env.ts';

/** Says whether this tab is the one in which things happen that should happen once. */
export interface Presenter {
  readonly isHere: boolean;
  close(): void;
}

/**
 * Makes out which of the tabs of this origin was focused last, for sounds, toasts and the like. It is the holder of a lock that
 * a tab takes by force when it is focused, and that another one waiting for it gets when that tab ends. Where there are no
 * locks every visible tab is it.
 */
export function createPresenter({ env = fullEnv() }: { readonly env?: Env | undefined } = {}): Presenter {
  const { lock } = env;
  if (lock === undefined)
    return {
      get isHere() {
        return env.isVisible();
      },
      close: () => undefined,
    };
  let wish: Lock | null = null;
  let isHere = false;
  const leave = (): void => {
    wish?.release();
    wish = null;
    isHere = false;
  };
  const ask = (steal: boolean): void => {
    leave();
    const mine: Lock = lock(
      NAME,
      { steal },
      {
        held: () => {
          if (wish === mine) isHere = true;
        },
        lost: () => {
          if (wish !== mine) return;
          // Taken by the tab that is focused now. One that cannot be had at all is not asked for again.
          const wasHere = isHere;
          leave();
          if (wasHere) ask(false);
        },
      },
    );
    wish = mine;
  };
  const stop = env.listen((signal) => {
    if (signal === 'pagehide' || signal === 'freeze') leave();
    else if (signal === 'focus' || signal === 'visible') ask(true);
    else if ((signal === 'pageshow' || signal === 'resume') && wish === null) ask(env.isVisible());
  });
  ask(env.isVisible());
  return {
    get isHere() {
      return isHere;
    },
    close: () => {
      stop();
      leave();
    },
  };
}

const NAME = 'statewire presenter';
