import type { buildConnector } from 'undici';
import type { Egress } from './egress.ts';
import { FaultError } from './fault.ts';

/**
 * The egress as an undici connector: `new Agent({ connect: connectorOf(egress, { timeoutMs: 3_000 }) })`.
 * undici calls its own `lookup` hook for names only, never for address literals; this replaces the whole
 * step, so both are judged.
 */
export function connectorOf(egress: Egress, options: { readonly timeoutMs: number }): buildConnector.connector {
  return (target, callback) => {
    const isTls = target.protocol === 'https:';
    const connect = async (): Promise<void> => {
      const opened = await egress.connect({
        host: target.hostname,
        port: target.port === '' ? (isTls ? 443 : 80) : Number(target.port),
        tls: isTls,
        ...(typeof target.servername === 'string' && target.servername !== '' ? { servername: target.servername } : {}),
        timeoutMs: options.timeoutMs,
      });
      if (opened.ok) callback(null, opened.value.socket);
      else callback(new FaultError(opened), null);
    };
    void connect();
  };
}
