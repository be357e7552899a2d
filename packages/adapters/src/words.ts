/**
 * What other systems say, made fit for a report: cut to what a record holds, without control characters. A source's long error
 * text must not cost the report that tells of its failure.
 */
import type { RunReport } from '@statewire/client';
import { isRecordId } from '@statewire/protocol';

/** The id of a record for something that other systems know as `parts`. Equal parts, equal id; other parts, another one. */
export function recordId(...parts: readonly string[]): string {
  const plain = parts.join(':');
  if (isRecordId(plain)) return plain;
  const tail = `-${hash(plain).toString(16).padStart(8, '0')}`;
  return plain.replaceAll(/[^\w.:@-]/g, '-').slice(0, ID_CHARS_MAX - tail.length) + tail;
}

/** One line of text. */
export function line(text: string, max: number): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, max);
}

/** A code a program can act on, or `otherwise` when nothing is left of it. */
export function code(text: string, otherwise: string): string {
  const plain = text.replaceAll(/[^\w.:-]+/g, '_').slice(0, CODE_CHARS_MAX);
  return plain === '' ? otherwise : plain;
}

/** What an error, or whatever was thrown instead, says to people. */
export function errorText(error: unknown): string {
  if (typeof error === 'string') return error;
  if (error instanceof Error) return error.message;
  const message: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'message') : undefined;
  return typeof message === 'string' ? message : (JSON.stringify(error) ?? String(error));
}

/** A text in what another library hands over, or undefined. */
export function textOf(from: unknown, name: string): string | undefined {
  const value: unknown = typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** The report as a record can hold it. */
export function fit(report: RunReport): RunReport {
  const { title, message, stage, unit, goal, kind, owner, reason, steps, done, total } = report;
  return {
    ...report,
    ...(title === undefined ? {} : { title: line(title, 300) }),
    ...(message === undefined ? {} : { message: prose(message, 1000) }),
    ...(stage === undefined ? {} : { stage: line(stage, 128) }),
    ...(unit === undefined ? {} : { unit: line(unit, 32) }),
    ...(goal === undefined ? {} : { goal: prose(goal, 1000) }),
    ...(kind === undefined ? {} : { kind: line(kind, 64) }),
    ...(typeof owner === 'string' ? { owner: line(owner, 128) } : {}),
    ...(reason === undefined
      ? {}
      : { reason: { code: code(reason.code, 'unknown'), text: prose(reason.text ?? '', 500) } }),
    ...(steps === undefined ? {} : { steps: steps.slice(-STEPS_MAX).map(fitStep) }),
    ...(done === undefined ? {} : { done: amount(done) }),
    ...(typeof total === 'number' ? { total: amount(total) } : {}),
  };
}

type Step = NonNullable<RunReport['steps']>[number];

function fitStep(step: Step): Step {
  const { id, title, state } = step;
  return {
    ...step,
    id: line(id, 128),
    ...(title === undefined ? {} : { title: line(title, 300) }),
    ...(state === undefined ? {} : { state: line(state, 64) }),
  };
}

/** Text of several lines: tabs and line ends stay. */
function prose(text: string, max: number): string {
  return text.replaceAll(/(?![\n\r\t])\p{Cc}+/gu, ' ').slice(0, max);
}

function amount(value: number): number {
  return Number.isFinite(value) ? Math.min(Math.max(value, 0), Number.MAX_SAFE_INTEGER) : 0;
}

/** FNV-1a: tells ids apart that look alike when they are cut. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return value;
}

/** Steps that a record keeps. */
export const STEPS_MAX = 50;
const ID_CHARS_MAX = 128;
const CODE_CHARS_MAX = 64;
