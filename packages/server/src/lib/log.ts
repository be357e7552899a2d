import { pino, stdTimeFunctions, type DestinationStream, type Level } from 'pino';

/** What the server says to its log: details first, then one sentence. pino is one; tests hand in their own. */
export interface Log {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface LogOptions {
  readonly level: Level | 'silent';
  /** Where lines go; default standard output. */
  readonly destination?: DestinationStream | undefined;
}

/** One JSON object per line. Whatever is logged, credentials come out as `[redacted]`. */
export function createLog(options: LogOptions): Log {
  const settings = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED, censor: '[redacted]' },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}

/** A log that says nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

// Names of fields that hold credentials, at the places details have them: at the top, one level in (`req`, `plan`),
// and in headers wherever these are.
const SECRET = [
  'authorization',
  'cookie',
  'token',
  'secret',
  'password',
  'key',
  'apiKey',
  'secretHeaders',
  'credentials',
  'secrets',
];
const REDACTED: string[] = [
  ...SECRET,
  ...SECRET.map((name) => `*.${name}`),
  ...SECRET.map((name) => `*.headers.${name}`),
  '["set-cookie"]',
  '*["set-cookie"]',
  '*.headers["set-cookie"]',
  '*.headers["x-api-key"]',
  'headers["x-api-key"]',
];
