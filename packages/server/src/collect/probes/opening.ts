import { ok, type Result } from '@statewire/protocol';
import type { Budget } from '../egress/budget.ts';
import type { Connection } from '../egress/egress.ts';
import type { Fault } from '../egress/fault.ts';
import type { CheckPlan } from './plan.ts';
import type { ProbeDeps } from './probe.ts';
import { parseHostPort } from './tcp.ts';

/** An open connection to a `host:port` target. */
export interface Opening {
  readonly host: string;
  readonly port: number;
  readonly connection: Connection;
}

/** Connects to a `host:port` target within the connect timeout, encrypted from the first byte when `tls` is set. */
export async function openTarget(
  deps: Pick<ProbeDeps, 'egress'>,
  plan: Pick<CheckPlan, 'connectTimeoutMs' | 'target'>,
  budget: Budget,
  options: { readonly tls?: boolean | undefined; readonly alpn?: readonly string[] | undefined } = {},
): Promise<Result<Opening, Fault>> {
  const place = parseHostPort(plan.target);
  if (!place.ok) return place;
  const opened = await deps.egress.connect({
    ...place.value,
    tls: options.tls === true,
    // Databases and brokers know no ALPN; an offer some of them refuse.
    alpn: options.alpn ?? [],
    timeoutMs: Math.min(plan.connectTimeoutMs, budget.leftMs),
  });
  return opened.ok ? ok({ ...place.value, connection: opened.value }) : opened;
}

/** The fault of a login: which one depends on whether this check has anything to log in with. */
export function loginFault(plan: Pick<CheckPlan, 'credentials' | 'secretHeaders'>, how: string): Fault {
  const hasAny = Object.keys(plan.credentials).length + Object.keys(plan.secretHeaders).length > 0;
  return hasAny
    ? {
        code: 'credentials_rejected',
        message: `The server answers, but refuses the credentials of this check (${how}).`,
      }
    : {
        code: 'needs_auth',
        message: `The server answers and asks for credentials (${how}); set them in check.secrets.`,
      };
}
