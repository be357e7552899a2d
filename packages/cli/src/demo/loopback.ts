/**
 * Preloaded (`--import`) into demo servers. Some would listen on every interface: the demo must not open ports to the
 * network, so `listen` binds 127.0.0.1. And a demo server must not outlive the demo, however that ends.
 */
import { Server } from 'node:net';

// The overloads of listen() cannot be written as one signature; the arguments are handed on as they came, with `this`.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion typescript/unbound-method -- true: every overload takes arguments of some kind and returns the server.
const listen = Server.prototype.listen as (this: Server, ...args: unknown[]) => Server;

Server.prototype.listen = function loopbackOnly(this: Server, ...args: unknown[]): Server {
  const [first, ...rest] = args;
  if (typeof first === 'number' || typeof first === 'string') {
    const callbacks = rest.filter((arg) => typeof arg === 'function');
    return listen.call(this, Number(first), '127.0.0.1', ...callbacks);
  }
  if (typeof first === 'object' && first !== null && 'port' in first) {
    return listen.call(this, { ...first, host: '127.0.0.1' }, ...rest);
  }
  return listen.apply(this, args);
};

// The channel to our parent closes when the parent is gone, also by SIGKILL.
process.once('disconnect', () => process.exit());
process.channel?.unref();
