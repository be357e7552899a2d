import { ok, type Result } from '@statewire/protocol';
import type { Budget } from '../../egress/budget.ts';
import { fail, type Fault } from '../../egress/fault.ts';
import { isSilence } from '../classify.ts';
import { METHOD_NOT_FOUND, isModernError, type Manner, type Reply } from './rpc.ts';
import type { Asked, Wire } from './wire.ts';

/** A server that answered within an open session. */
export interface Alive {
  readonly ms: number;
  /** False once the server refused or ignored a ping but answers other questions: it is asked those from now on. */
  readonly usesPing: boolean;
}

/** The session is gone or the era changed: open again inside the same probe. Not a verdict. */
export const SESSION_LOST = 'session_lost';

/**
 * Asks an open session whether the server lives. Modern: `server/discover`. Legacy: `ping`; any JSON-RPC
 * error to a ping is a sign of life, and a silent ping is confirmed with `tools/list` before it counts.
 */
export async function askAlive(
  wire: Wire,
  manner: Manner,
  usesPing: boolean,
  budget: Budget,
): Promise<Result<Alive, Fault>> {
  if (manner.era === 'modern') {
    const asked = await wire.ask({ method: 'server/discover', params: {}, manner, budget });
    if (!asked.ok) return asked.code === 'http_4xx' ? lost() : asked;
    const { reply, ms } = asked.value;
    return reply.is === 'result' || isModernError(reply) ? ok({ ms, usesPing }) : lost();
  }
  const asked = await wire.ask({
    method: usesPing ? 'ping' : 'tools/list',
    params: {},
    manner,
    budget: usesPing ? budget.share(PING_SHARE) : budget,
  });
  if (asked.ok) return aliveOf(asked.value, manner, usesPing);
  if (isLost(asked.status ?? null, manner, null)) return lost();
  if (!usesPing || !isSilence(asked.code)) return asked;
  // A held event stream has its own reason for silence: the server forgot it. Its owner opens a new one.
  const confirmed = await wire.ask({
    method: 'tools/list',
    params: {},
    manner,
    budget: wire.transport === 'sse' ? budget.share(PING_SHARE) : budget,
  });
  if (confirmed.ok) return aliveOf(confirmed.value, manner, false);
  return isLost(confirmed.status ?? null, manner, null) ? lost() : confirmed;
}

function aliveOf(asked: Asked, manner: Manner, usesPing: boolean): Result<Alive, Fault> {
  const { reply, status, ms } = asked;
  if (reply.is === 'result') return ok({ ms, usesPing });
  if (isModernError(reply) || isLost(status, manner, reply)) return lost();
  return ok({ ms, usesPing: false });
}

/** 400, 401 and 404 to a request that named a session mean that the session is unknown there now. */
function isLost(status: number | null, manner: Manner, reply: Reply | null): boolean {
  if (manner.era !== 'legacy' || status === null) return false;
  if (reply?.is === 'error' && reply.code === METHOD_NOT_FOUND) return false;
  // Without a session the same statuses may mean that the server wants a new handshake; 401 means what it says.
  return status === 400 || status === 404 || (status === 401 && manner.session !== null) || status === 405;
}

function lost(): Result<never, Fault> {
  return fail(SESSION_LOST, 'The session is unknown to the server.');
}

const PING_SHARE = 0.4;
