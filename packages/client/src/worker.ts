/**
 * The script of a shared worker that holds the connection of all tabs: `import '@statewire/client/worker'` in a file of the
 * app's own, given to `createClient` by `worker`. See docs/concepts/tabs.md.
 */
import { workerEnv } from './full-env.ts';
import { Hosts } from './tabs/hosts.ts';

const hosts = new Hosts(workerEnv());

addEventListener('connect', (event) => {
  if (!(event instanceof MessageEvent)) return;
  for (const port of event.ports) {
    port.addEventListener('message', ({ data }) => hosts.take(data));
    port.start();
  }
});
