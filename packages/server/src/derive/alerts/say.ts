/** What is written in a notice. Plain text; each channel has its own form for it. */
import { SEVERITIES, type Alert, type Rule, type Severity } from '@statewire/model';
import type { Finding } from './finding.ts';

const LINES_MAX = 20;
const NAMES_MAX = 10;

/** Names of alerts by id, for lists of what is folded. */
export type NameOf = (alert: string) => string;

/** One line that says what is wrong. */
export function titleOf(rule: Pick<Rule, 'name' | 'when'>, subjectName: string, finding: Finding): string {
  const status = finding.evidence['status'];
  const isStatus = rule.when.kind === 'status' && typeof status === 'string';
  return isStatus ? `${subjectName} is ${status}` : `${subjectName}: ${rule.name}`;
}

/** What was found, then what whoever is told should know. */
export function textOf(rule: Pick<Rule, 'text' | 'runbook'>, finding: Finding): string {
  return [finding.text, rule.text, rule.runbook === '' ? '' : `Runbook: ${rule.runbook}`]
    .filter((line) => line !== '')
    .join('\n');
}

export type NoticeWords = { readonly title: string; readonly text: string };

/** The problem, or the problems, told for the first time. */
export function problemWords(alerts: readonly Alert[], nameOf: NameOf): NoticeWords {
  const [only] = alerts;
  if (only !== undefined && alerts.length === 1) {
    const behind = behindOf(only, nameOf);
    return {
      title: behind === '' ? only.title : `${only.title}, and ${only.children.length} behind it`,
      text: [only.text, behind, `Since ${utc(only.startedAt)}.`].filter((line) => line !== '').join('\n'),
    };
  }
  return { title: `${alerts.length} alerts: ${namesOf(alerts)}`, text: listOf(alerts, nameOf) };
}

/** What still is wrong. */
export function reminderWords(alerts: readonly Alert[], nameOf: NameOf): NoticeWords {
  const [only] = alerts;
  const title =
    only !== undefined && alerts.length === 1
      ? `Still: ${only.title}`
      : `Still ${alerts.length} alerts: ${namesOf(alerts)}`;
  return { title, text: listOf(alerts, nameOf) };
}

/** What is over, how long it lasted, and what it was. */
export function recoveryWords(ended: readonly Alert[], still: readonly Alert[], nameOf: NameOf): NoticeWords {
  const [only] = ended;
  const rest = still.length === 0 ? '' : `\n\nStill:\n${listOf(still, nameOf)}`;
  if (only !== undefined && ended.length === 1) {
    const behind = only.children.length === 0 ? '' : `, and ${only.children.length} behind it`;
    return {
      title: `Over after ${lengthOf(only)}: ${only.title}${behind}`,
      text: `${endOf(only)}${rest}`,
    };
  }
  const lines = ended.slice(0, LINES_MAX).map((alert) => `- ${alert.title}, ${lengthOf(alert)}: ${alert.resolution}`);
  return {
    title: `${ended.length} alerts are over: ${namesOf(ended)}`,
    text: `${[...lines, more(ended.length)].filter((line) => line !== '').join('\n')}${rest}`,
  };
}

/** What was held: what still is wrong, and what was in between. */
export function heldWords(open: readonly Alert[], ended: readonly Alert[], nameOf: NameOf): NoticeWords {
  const parts = [
    open.length === 0 ? '' : `Still open:\n${listOf(open, nameOf)}`,
    ended.length === 0 ? '' : `Over by now:\n${endedList(ended)}`,
  ];
  return {
    title: `During quiet hours: ${open.length} still open, ${ended.length} over by now`,
    text: parts.filter((part) => part !== '').join('\n\n'),
  };
}

/** A regular list. */
export function digestWords(
  open: readonly Alert[],
  ended: readonly Alert[],
  every: 'day' | 'week',
  nameOf: NameOf,
): NoticeWords {
  const words = heldWords(open, ended, nameOf);
  return {
    title: `${every === 'day' ? 'Daily' : 'Weekly'} digest: ${open.length} open, ${ended.length} over`,
    text: words.text === '' ? 'Nothing was wrong.' : words.text,
  };
}

/** The worst severity of these alerts. */
export function worst(alerts: readonly Pick<Alert, 'severity'>[]): Severity {
  return SEVERITIES.find((severity) => alerts.some((alert) => alert.severity === severity)) ?? 'info';
}

function listOf(alerts: readonly Alert[], nameOf: NameOf): string {
  const lines = alerts.slice(0, LINES_MAX).map((alert) => {
    const behind = behindOf(alert, nameOf);
    const by = alert.ackedBy === null ? '' : `, acknowledged by ${alert.ackedBy}`;
    return `- ${alert.title}, since ${utc(alert.startedAt)}${by}${behind === '' ? '' : `\n  ${behind}`}`;
  });
  return [...lines, more(alerts.length)].filter((line) => line !== '').join('\n');
}

function endedList(ended: readonly Alert[]): string {
  const lines = ended.slice(0, LINES_MAX).map((alert) => `- ${alert.title}, ${lengthOf(alert)}`);
  return [...lines, more(ended.length)].filter((line) => line !== '').join('\n');
}

function more(count: number): string {
  return count > LINES_MAX ? `- and ${count - LINES_MAX} more` : '';
}

function behindOf({ children }: Alert, nameOf: NameOf): string {
  if (children.length === 0) return '';
  const names = children.slice(0, NAMES_MAX).map(nameOf);
  const rest = children.length > NAMES_MAX ? ` and ${children.length - NAMES_MAX} more` : '';
  return `${children.length} behind it: ${names.join(', ')}${rest}.`;
}

function endOf(alert: Alert): string {
  const was = alert.text.split('\n')[0] ?? '';
  return [
    alert.resolution,
    `It lasted ${lengthOf(alert)}, since ${utc(alert.startedAt)}.`,
    was === '' ? '' : `It was: ${was}`,
  ]
    .filter((line) => line !== '')
    .join('\n');
}

function namesOf(alerts: readonly Alert[]): string {
  const names = [...new Set(alerts.map(({ subjectName }) => subjectName))];
  const rest = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return `${names.slice(0, 3).join(', ')}${rest}`;
}

function lengthOf({ startedAt, resolvedAt }: Alert): string {
  return span((resolvedAt ?? startedAt) - startedAt);
}

/** 90 s, 12 min, 3 h 20 min, 2 d 3 h. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
