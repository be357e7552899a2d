import { browserEnv, type Env, type Network, type Signal } from './env.ts';

/** The real surroundings with all that a whole client makes use of. Like `browserEnv`, it touches no global until a method is called. */
export function fullEnv(): Env {
  const env = browserEnv();
  return { ...env, network, listen: (fn) => both(env.listen(fn), listenToNetwork(fn)) };
}

function both(...stops: readonly (() => void)[]): () => void {
  return () => {
    for (const stop of stops) stop();
  };
}

function network(): Network | null {
  const found = networkInformation();
  if (typeof found !== 'object' || found === null) return null;
  const effectiveType = 'effectiveType' in found ? TYPES.find((type) => type === found.effectiveType) : undefined;
  return { saveData: 'saveData' in found && found.saveData === true, effectiveType: effectiveType ?? null };
}

function listenToNetwork(fn: (signal: Signal) => void): () => void {
  const found = networkInformation();
  if (!(found instanceof EventTarget)) return () => undefined;
  const changed = (): void => fn('network');
  found.addEventListener('change', changed);
  return () => found.removeEventListener('change', changed);
}

// Chromium has it; the standard library of types does not.
function networkInformation(): unknown {
  return typeof navigator === 'object' && 'connection' in navigator ? navigator.connection : null;
}

const TYPES = ['slow-2g', '2g', '3g', '4g'] as const;
