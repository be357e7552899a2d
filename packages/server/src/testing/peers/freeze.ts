import { readdirSync, readFileSync } from 'node:fs';
import { waitFor } from './peer.ts';

/** Within this time the kernel stops every thread of a process, also on a machine with much else to do. */
const STOPPED_MS = 10_000;

/**
 * Stops a process without ending it, and waits until it does nothing any more: a signal reaches the threads of a program one after
 * the other, and one that runs on still answers what came meanwhile. SIGCONT lets it go on.
 */
export async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  if (!(await waitFor(() => isStopped(pid), STOPPED_MS))) throw new Error(`${pid} was not stopped in ${STOPPED_MS} ms`);
}

/** Linux says it per thread; elsewhere the signal has to be taken at its word. */
function isStopped(pid: number): boolean {
  if (process.platform !== 'linux') return true;
  return readdirSync(`/proc/${pid}/task`).every((thread) => stateOf(`/proc/${pid}/task/${thread}/stat`) === 'T');
}

/** The state is the word after the name, which is in brackets and may hold brackets itself. */
function stateOf(path: string): string | undefined {
  const text = readFileSync(path, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2)[0];
}
