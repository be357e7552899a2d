import { ok, type Json, type JsonObject, type Result } from '@statewire/protocol';
import type { Budget } from '../../egress/budget.ts';
import { fail, type Fault } from '../../egress/fault.ts';
import { isSilence } from '../classify.ts';
import { isObject } from '../probe.ts';
import {
  CLIENT_INFO,
  isModernError,
  LEGACY_VERSION,
  MODERN_VERSION,
  UNSUPPORTED_VERSION,
  type Manner,
  type Reply,
} from './rpc.ts';
import type { Asked, Wire } from './wire.ts';

/*
 * Two eras of MCP are alive. Modern servers (2026-07-28) answer `server/discover`, have no session and no ping;
 * legacy ones want `initialize` first. Detection asks modern first:
 *
 *   discover -> complete result, or an error only modern servers know (-32020..-32022)  => modern
 *            -> any other JSON-RPC error, 4xx, or something that is no MCP             => ask `initialize`
 *            -> 401/403/429/5xx, network error                                          => no evidence, report it
 *            -> silence                                                                 => no evidence, but `initialize`
 *               gets the rest of the time: some legacy servers drop what they do not know
 *
 * Only an answer decides. A slow server that speaks both eras is silent to `discover` and answers `initialize` just
 * like one that drops what it does not know: such a session is used as legacy and told as unproven, and `settle`
 * asks again (era-memory.ts says when). A remembered legacy server that answers `initialize` with -32022 was
 * upgraded: it is asked again as modern in the same run.
 */

export type Era = 'modern' | 'legacy';

/** What is known before a session is opened; `doubted`: it was silent to `discover` and is not asked that now. */
export type Known = Era | 'doubted' | null;

/** What a server said of itself. */
interface ServerInfo {
  readonly protocolVersion: string;
  readonly name: string;
  readonly version: string;
  readonly capabilities: readonly string[];
}

/** A server that answered, and how to go on talking to it. */
export interface Session {
  readonly manner: Manner;
  /** Whether an answer told the era; false after a mere silence to `discover`. */
  readonly isProven: boolean;
  readonly info: ServerInfo;
  /** Time of the answer that proved it alive. */
  readonly ms: number;
  /** Something a person should know although the server answers, or null. */
  readonly note: Fault | null;
}

/** Opens a conversation in the era the server speaks. */
export async function openSession(wire: Wire, known: Known, budget: Budget): Promise<Result<Session, Fault>> {
  let isProven = known === 'legacy';
  if (known === null || known === 'modern') {
    const seen = await discover(wire, known === null ? budget.share(DISCOVER_SHARE) : budget);
    if (seen.is === 'modern') return ok(seen.session);
    if (seen.is === 'fault' && !(known === null && isSilent(seen.fault))) return { ok: false, ...seen.fault };
    isProven = seen.is === 'legacy';
  }
  const greeted = await initialize(wire, budget);
  if (greeted.is === 'session') return ok({ ...greeted.session, isProven });
  if (greeted.is === 'fault') return { ok: false, ...greeted.fault };
  const again = await discover(wire, budget);
  if (again.is === 'modern') return ok(again.session);
  if (again.is === 'fault') return { ok: false, ...again.fault };
  return fail('handshake_failed', 'The server refuses both initialize and server/discover.');
}

/** Asks an unproven session for its era again. The session comes back as it is when there is still no answer that decides. */
export async function settle(wire: Wire, session: Session, budget: Budget): Promise<Session> {
  const seen = await discover(wire, budget.share(DISCOVER_SHARE));
  if (seen.is === 'modern') return seen.session;
  return seen.is === 'legacy' ? { ...session, isProven: true } : session;
}

type Discovered =
  | { readonly is: 'modern'; readonly session: Session }
  | { readonly is: 'legacy' }
  | { readonly is: 'fault'; readonly fault: Fault };

async function discover(wire: Wire, budget: Budget): Promise<Discovered> {
  const manner: Manner = { era: 'modern', version: MODERN_VERSION };
  const asked = await wire.ask({ method: 'server/discover', params: {}, manner, budget });
  if (!asked.ok) {
    // A 4xx without a modern error, or something that is no MCP, may still be a legacy server.
    return LEGACY_HINTS.has(asked.code) && !isSilent(asked) ? { is: 'legacy' } : { is: 'fault', fault: asked };
  }
  const { reply, ms } = asked.value;
  if (reply.is === 'result') {
    const session = discovered(reply.result, manner, ms);
    return session === null ? { is: 'legacy' } : { is: 'modern', session };
  }
  if (!isModernError(reply)) return { is: 'legacy' };
  if (reply.code !== UNSUPPORTED_VERSION) return { is: 'modern', session: unnamed(manner, ms, handshakeNote(reply)) };
  const supported = versionsOf(reply.data, 'supported');
  if (supported.some((version) => version < MODERN_VERSION)) return { is: 'legacy' };
  return { is: 'modern', session: unnamed(manner, ms, unsupported(supported)) };
}

/** Nobody answered in time, or something in between says so for them. */
function isSilent(fault: Fault): boolean {
  return isSilence(fault.code) || fault.status === REQUEST_TIMEOUT;
}

/** A discover result, or null when it lacks what makes it one: some legacy servers answer unknown methods with a shrug. */
function discovered(result: JsonObject, manner: Manner, ms: number): Session | null {
  const versions = versionsOf(result, 'supportedVersions');
  if (result['resultType'] !== 'complete' || versions.length === 0) return null;
  const meta = isObject(result['_meta']) ? result['_meta'] : {};
  const info = infoOf(meta['io.modelcontextprotocol/serverInfo'], result['capabilities'], MODERN_VERSION);
  return { manner, isProven: true, info, ms, note: versions.includes(MODERN_VERSION) ? null : unsupported(versions) };
}

type Greeted =
  | { readonly is: 'session'; readonly session: Session }
  | { readonly is: 'modern' }
  | { readonly is: 'fault'; readonly fault: Fault };

async function initialize(wire: Wire, budget: Budget, version = LEGACY_VERSION): Promise<Greeted> {
  const asked = await wire.ask({
    method: 'initialize',
    params: { protocolVersion: version, capabilities: {}, clientInfo: { ...CLIENT_INFO } },
    // The version header on `initialize` lets older servers refuse what the body could negotiate.
    manner: { era: 'legacy', version: null, session: null },
    budget,
  });
  if (!asked.ok) return { is: 'fault', fault: asked };
  const { reply } = asked.value;
  if (reply.is === 'error') {
    if (isModernError(reply)) return { is: 'modern' };
    const other = versionsOf(reply.data, 'supported').find((name) => LEGACY_VERSIONS.has(name) && name !== version);
    if (other !== undefined && version === LEGACY_VERSION) return initialize(wire, budget, other);
    return { is: 'fault', fault: fail('handshake_failed', `The server refuses initialize with error ${reply.code}.`) };
  }
  return welcome(wire, reply.result, asked.value, budget);
}

async function welcome(wire: Wire, result: JsonObject, asked: Asked, budget: Budget): Promise<Greeted> {
  const version = result['protocolVersion'];
  if (typeof version !== 'string') {
    return { is: 'fault', fault: fail('bad_payload', 'The answer to initialize carries no protocol version.') };
  }
  const manner: Manner = { era: 'legacy', version, session: asked.session };
  await wire.tell('notifications/initialized', {}, manner, budget);
  const info = infoOf(result['serverInfo'], result['capabilities'], version);
  const note = LEGACY_VERSIONS.has(version) ? null : unsupported([version]);
  return { is: 'session', session: { manner, isProven: true, info, ms: asked.ms, note } };
}

function infoOf(server: Json | undefined, capabilities: Json | undefined, protocolVersion: string): ServerInfo {
  const named = isObject(server) ? server : {};
  return {
    protocolVersion: protocolVersion.slice(0, NAME_MAX),
    name: textOf(named['name']),
    version: textOf(named['version']),
    capabilities: isObject(capabilities)
      ? Object.keys(capabilities).slice(0, CAPABILITIES_MAX).map(textOf).toSorted()
      : [],
  };
}

function unnamed(manner: Manner, ms: number, note: Fault): Session {
  return {
    manner,
    isProven: true,
    ms,
    note,
    info: { protocolVersion: MODERN_VERSION, name: '', version: '', capabilities: [] },
  };
}

function handshakeNote(reply: Extract<Reply, { is: 'error' }>): Fault {
  return { code: 'handshake_failed', message: `The server answers server/discover with error ${reply.code}.` };
}

function unsupported(versions: readonly string[]): Fault {
  const named = versions
    .filter((version) => /^[\w.-]{1,20}$/.test(version))
    .slice(0, 5)
    .join(', ');
  return {
    code: 'unsupported_version',
    message: `The server speaks ${named === '' ? 'other protocol versions' : named}; this probe speaks ${MODERN_VERSION} and ${LEGACY_VERSION} or older.`,
  };
}

function versionsOf(holder: Json | undefined, field: string): readonly string[] {
  const list = isObject(holder) ? holder[field] : undefined;
  return Array.isArray(list)
    ? list.filter((entry: unknown): entry is string => typeof entry === 'string').slice(0, 20)
    : [];
}

/** A name a server gave itself, without control characters and bounded: it goes on people's screens. */
function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value.replaceAll(/\p{Cc}/gu, ' ').slice(0, NAME_MAX) : '';
}

const DISCOVER_SHARE = 0.4;
const REQUEST_TIMEOUT = 408;
const NAME_MAX = 200;
const CAPABILITIES_MAX = 32;
const LEGACY_VERSIONS: ReadonlySet<string> = new Set([
  '2024-10-07',
  '2024-11-05',
  '2025-03-26',
  '2025-06-18',
  LEGACY_VERSION,
]);
const LEGACY_HINTS: ReadonlySet<string> = new Set(['http_4xx', 'not_mcp', 'bad_payload']);
