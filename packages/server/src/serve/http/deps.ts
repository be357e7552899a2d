import type { Collection, Instruction, OperationTable } from '@statewire/model';
import type { Failure, Json, JsonObject, Result, Row } from '@statewire/protocol';
import type { Written } from '../../keep/commit-types.ts';
import type { Captures } from '../../collect/capture/captures.ts';
import type { Otlp } from '../../collect/otlp/receive.ts';
import type { Refused } from '../../collect/audit/refusals.ts';
import type { AuditHead } from '../../keep/audit.ts';
import type { Past } from '../../keep/past.ts';
import type { Store } from '../../keep/store.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Limits } from '../../lib/limits.ts';
import type { Metrics } from '../../lib/metrics.ts';
import type { Principal, Scope } from '../../lib/principal.ts';
import type { Letters } from '../../send/letter.ts';
import type { Accounts, SignedIn } from '../auth/accounts.ts';
import type { OidcDoor } from '../auth/oidc/door.ts';
import type { ApiKeys } from '../auth/api-key.ts';
import type { Commit } from '../../keep/commit-types.ts';
import type { Board } from '../../publish/board.ts';
import type { Drawings } from '../pages/drawn.ts';
import type { Streams } from '../pages/stream.ts';
import type { Authenticate } from '../auth/authenticator.ts';
import type { Authenticate as SessionAuthenticate } from '../session.ts';
import type { LiveGateway } from '../transports/requests.ts';
import type { McpDoor } from '../mcp/door.ts';
import type { Topics } from '../dialects/supabase/topics.ts';
import type { Demo } from './demo.ts';

/** Everything the REST door needs, as functions: it reads memory, hands writes on, and holds no state of its own. */
export interface HttpDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits;
  readonly settings: HttpSettings;
  readonly collections: Readonly<Record<string, Collection>>;
  readonly authenticate: Authenticate;
  /** Who may open a live session. */
  readonly greet: SessionAuthenticate;
  readonly live: LiveReader;
  readonly store: Pick<
    Store,
    'audits' | 'auditHead' | 'transitions' | 'transitionsFrom' | 'recentTransitions' | 'samples' | 'document'
  >;
  /** What became of records: buckets, uptime, months. */
  readonly history: Pick<
    Past,
    'buckets' | 'days' | 'measure' | 'months' | 'pieces' | 'uptime' | 'uptimeOver' | 'uptimes'
  >;
  readonly epoch: string;
  /** May this caller give somebody this role? */
  readonly mayGive: (principal: Principal, role: string) => Result<null>;
  /** The same caller with what they may do in `org` now; null: nothing. */
  readonly renewed: (was: Principal) => Principal | null;
  /** Who is invited, as the records say. */
  readonly invitations: Invitations;
  /** Each collection and area with its operations, commands among them, and the level of each. */
  readonly operations: OperationTable;
  /** May this caller make a key of this scope? Nobody makes one that may do more than they may. */
  readonly mayGrant: (
    principal: Principal,
    wanted: { readonly scope?: Scope | undefined; readonly permissions?: readonly string[] | undefined },
  ) => Result<null>;
  /** Organizations, and who is where. */
  readonly organizations: Organizations;
  readonly ends: OrganizationEnds;
  readonly mutate: (principal: Principal, mutation: Mutation) => Promise<Result<Written<Json>, MutationFailure>>;
  readonly report: (principal: Principal, report: JsonObject) => Promise<Result<Written<Json>>>;
  readonly reportAll: (principal: Principal, reports: readonly JsonObject[]) => Promise<readonly ReportResult[]>;
  /** Reports in the words of OpenTelemetry. */
  readonly otlp: Otlp;
  readonly beat: (beat: Beat) => Promise<Result<Written<Json>>>;
  readonly keys: Pick<ApiKeys, 'create' | 'extentOf' | 'list' | 'revoke'>;
  readonly accounts: Accounts;
  readonly oidc: OidcDoor<SignedIn>;
  readonly letters: Pick<Letters, 'isReady' | 'post'>;
  readonly system: SystemReader;
  readonly metrics: Pick<Metrics, 'request' | 'read'>;
  /** Opens live sessions for requests. */
  readonly gateway: LiveGateway & { readonly hasPanelRoom: boolean };
  readonly pages: PublicPages;
  /** What agents that speak REST have not answered; holds the request until there is something. */
  readonly instructions: InstructionDoor;
  readonly push: PushDoor;
  /** Topics of Supabase clients, in which programs may say something by REST. */
  readonly topics: Topics;
  /** Captures that are sent their rows, and looks at databases that may become some. */
  readonly captures: Pick<Captures, 'draft' | 'inspect' | 'pushed'>;
  /** For doors that change what is no record. */
  readonly audit: AuditDoor;
  /** The server as an MCP server; null where that is off. */
  readonly mcp: Pick<McpDoor, 'serve'> | null;
  /** Null where no demo runs. */
  readonly demo: Demo | null;
}

/** Where agents ask for their instructions (joints/instructions.ts). */
export interface InstructionDoor {
  next(
    principal: Principal,
    awaited: {
      readonly agent: string;
      readonly after: number;
      readonly waitMs: number;
      readonly signal: AbortSignal;
    },
  ): Promise<Result<readonly Instruction[]>>;
}

/** What doors tell the audit log. */
export interface AuditDoor {
  readonly commit: Pick<Commit, 'write'>;
  /** Where the log of an organization ends. */
  head(org: string): AuditHead;
  /** Somebody was not let do something (collect/audit/refusals.ts: bounded). */
  refused(refused: Refused): void;
}

/** What public pages are served from. */
export interface PublicPages {
  readonly board: Board;
  readonly drawings: Drawings;
  readonly streams: Streams;
  /** The subscriber of this id, whichever organization it is of: links in messages do not name one. */
  subscriber(id: string): { readonly org: string; readonly row: Row } | null;
  /** The key that signs what a webhook subscriber of a page is sent, or null. */
  webhookSecret(org: string, page: string, subscriber: string): Promise<string | null>;
  /** Sign-ups come from people without a credential. */
  readonly commit: Pick<Commit, 'write'>;
}

/** The part of the configuration that this door acts by. */
export interface HttpSettings {
  readonly version: string;
  readonly publicUrl: string | null;
  /** What links in letters begin with: never a name that a request brought along. */
  readonly linkUrl: string;
  readonly origins: readonly string[];
  readonly trustProxy: boolean;
  readonly metricsLoopback: boolean;
  /** Issuers whose tokens are taken, for clients that look for one. */
  readonly issuers: readonly string[];
  /** Directory of the built dashboard; what is missing is said on the page. */
  readonly dashboardDir: string;
}

/** What this door says to the log. pino fits. */
export interface Log {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** Reading access to keep/live.ts. */
export interface LiveReader {
  get(org: string, collection: string, id: string): LiveEntry | null;
  entries(org: string, collection: string): Iterable<LiveEntry>;
  version(org: string): number;
}

export interface LiveEntry {
  readonly id: string;
  readonly org: string;
  readonly rid: number;
  readonly version: number;
  readonly row: Row;
  /** All fields but id, org and version as ASCII JSON. */
  text(): string;
}

/** A write or command on one record, the same for REST and live connections. */
export interface Mutation {
  readonly collection: string;
  /** Empty with `create`: the server makes one. */
  readonly id: string;
  readonly op: 'create' | 'patch' | 'del' | 'call';
  /** The command, with `call`. */
  readonly name?: string | undefined;
  readonly fields?: JsonObject | undefined;
  /** The version the caller saw: fields changed after it conflict. */
  readonly base?: number | undefined;
  /** The version the record must still have (If-Match). */
  readonly ifVersion?: number | undefined;
  /** A repeat with the same key within 24 h is answered and not repeated. */
  readonly key?: string | undefined;
  /** The caller's own reason, for the audit log. */
  readonly why?: string | undefined;
}

/** On a conflict: the record's version, its present values of the touched fields, and their names. */
export interface MutationFailure extends Failure {
  readonly version?: number | undefined;
  readonly current?: JsonObject | undefined;
  readonly fields?: readonly string[] | undefined;
}

/** What became of one report of many. */
export type ReportResult =
  | { readonly ok: true; readonly id: string; readonly version: number }
  | ({ readonly ok: false; readonly id: string } & Failure);

/** The browsers that people want to be reached at. */
export interface PushDoor {
  key(org: string): { readonly publicKey: string } | null;
  subscribe(
    principal: Principal,
    subscription: {
      readonly endpoint: string;
      readonly keys: { readonly p256dh: string; readonly auth: string };
      readonly name: string;
    },
  ): Promise<Result<Written<Json>>>;
  unsubscribe(org: string, person: string, id: string): Promise<Result<Written<Json>>>;
}

/** A heartbeat as it came in. */
export interface Beat {
  /** Null when the slug itself is the credential. */
  readonly principal: Principal | null;
  readonly slug: string;
  readonly signal: 'ok' | 'fail' | 'start';
  readonly ms: number | null;
  readonly text: string;
  /** Make the service when there is none; needs a principal. */
  readonly create: { readonly periodMs: number } | null;
}

/** What the process knows of itself, for /health and the System page. */
export interface SystemReader {
  /** Null when all is well; otherwise one word for what is not. */
  trouble(): string | null;
  read(): Promise<JsonObject>;
}

/** People who are invited and have not come yet. */
export interface Invitations {
  invited(
    wanted: { readonly org: string; readonly email: string; readonly role: string; readonly by: string },
    kind: Principal['kind'],
  ): Promise<Result<unknown>>;
  /** Is there room for one more? */
  mayInvite(org: string, email: string): Result<null>;
  /** An account takes an invitation of another organization. */
  accept(who: {
    readonly id: string;
    readonly email: string;
    readonly name: string;
    readonly org: string;
  }): Promise<Result<{ readonly role: string }>>;
  /** The role that somebody at this address is invited to, or null. */
  invitationOf(org: string, email: string): string | null;
  uninvited(org: string, email: string, by: Pick<Principal, 'id' | 'kind'>): Promise<Result<unknown>>;
}

/** The organizations of the instance. */
export interface Organizations {
  has(id: string): boolean;
  /** Those a caller may go into. */
  list(principal: Principal): readonly { readonly id: string; readonly name: string; readonly role: string | null }[];
  make(
    principal: Principal,
    wanted: { readonly id: string; readonly name: string },
  ): Promise<Result<{ readonly id: string; readonly name: string }>>;
  rename(principal: Principal, name: string): Promise<Result<{ readonly id: string; readonly name: string }>>;
  nameOf(id: string): string;
  /** What is lost with one, by number. */
  holdings(id: string): {
    readonly people: number;
    readonly peopleOnlyHere: number;
    readonly invitations: number;
    readonly records: number;
    readonly collections: Readonly<Record<string, number>>;
  };
}

/** Organizations that are deleted, or are being deleted. */
export interface OrganizationEnds {
  has(id: string): boolean;
  underWay(): Iterable<{ readonly id: string; readonly name: string; readonly records: number }>;
  begin(
    by: Principal,
    ending: {
      readonly id: string;
      readonly name: string;
      readonly lost: JsonObject;
      readonly why?: string | undefined;
    },
  ): Promise<Result<null>>;
}
