import type { Status } from '@statewire/model';
import { UPTIME_WINDOWS, type UptimeWindow } from '../../derive/public-state.ts';
import type { Sheet } from '../../publish/board.ts';
import { escaped } from './markup.ts';
import { STATUS_TEXT } from './words.ts';

/** What a badge says. */
export interface Badge {
  readonly label: string;
  readonly message: string;
  /** Without `#`, as the shields endpoint wants it too. */
  readonly color: string;
}

export type BadgeKind = 'latency' | 'status' | 'uptime';

/** What a badge of this kind says of a service of the page; null when the page shows no such thing. */
export function badgeOf(
  sheet: Sheet,
  what: {
    readonly key: string;
    readonly kind: BadgeKind;
    readonly window: UptimeWindow;
    readonly latencyMs: number | null;
    readonly label: string | null;
  },
): Badge | null {
  const service = sheet.state.groups.flatMap((group) => group.services).find(({ key }) => key === what.key);
  if (service === undefined) return null;
  const label = what.label ?? service.name;
  if (what.kind === 'status')
    return { label, message: STATUS_TEXT[service.status].toLowerCase(), color: COLOURS[service.status] };
  // A page that shows no numbers gives none away here.
  if (service.uptime === null) return null;
  if (what.kind === 'uptime') {
    const percent = service.uptime[what.window];
    return {
      label: what.label ?? `${service.name} uptime ${WINDOW_TEXT[what.window]}`,
      message: percent === null ? 'no data' : `${percent === 100 ? '100' : percent.toFixed(2)}%`,
      color: percent === null ? GREY : percent >= 99.9 ? GREEN : percent >= 99 ? AMBER : RED,
    };
  }
  const ms = what.latencyMs;
  return {
    label: what.label ?? `${service.name} latency`,
    message: ms === null ? 'no data' : ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`,
    color: ms === null ? GREY : BLUE,
  };
}

/** The window a badge is asked for, or null. */
export function windowOf(text: string): UptimeWindow | null {
  const asked = text === '24h' ? 'h24' : text.replace(/^(\d+)d$/u, 'd$1');
  return UPTIME_WINDOWS.find((window) => window === asked) ?? null;
}

/** The flat badge people know, drawn here: text of known width, a title for who cannot see it. */
export function badgeSvg({ label, message, color }: Badge): string {
  const texts = [clip(label), clip(message)] as const;
  const [left, right] = [textWidth(texts[0]), textWidth(texts[1])];
  const [leftBox, rightBox] = [Math.ceil(left) + 2 * PAD, Math.ceil(right) + 2 * PAD];
  const width = leftBox + rightBox;
  const title = `${texts[0]}: ${texts[1]}`;
  const drawn = (text: string, x: number, wide: number): string =>
    `<text x="${x}" y="14" textLength="${wide.toFixed(1)}" lengthAdjust="spacingAndGlyphs">${escaped(text)}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img" aria-label="${escaped(title)}"><title>${escaped(title)}</title><clipPath id="r"><rect width="${width}" height="20" rx="3"/></clipPath><g clip-path="url(#r)"><rect width="${leftBox}" height="20" fill="#3f4249"/><rect x="${leftBox}" width="${rightBox}" height="20" fill="#${color}"/></g><g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">${drawn(texts[0], PAD, left)}${drawn(texts[1], leftBox + PAD, right)}</g></svg>`;
}

/** What the endpoint badge of shields.io reads. */
export function shieldsJson({ label, message, color }: Badge): string {
  return JSON.stringify({ schemaVersion: 1, label, message, color, cacheSeconds: 60 });
}

/** Width of a text in Verdana at 11 px. */
export function textWidth(text: string): number {
  let units = 0;
  for (const char of text) units += WIDTHS[char] ?? (char.charCodeAt(0) > 0x2e7f ? 2_048 : 1_302);
  return (units * 11) / 2_048;
}

const PAD = 6;
const CHARS_MAX = 80;

function clip(text: string): string {
  const chars = Array.from(text);
  return chars.length > CHARS_MAX ? `${chars.slice(0, CHARS_MAX - 1).join('')}…` : text;
}

// Dark enough for white text (WCAG AA).
const GREEN = '1f7a4d';
const AMBER = '96600c';
const RED = 'c0322b';
const BLUE = '2567a8';
const GREY = '63666e';
const COLOURS: Readonly<Record<Status, string>> = {
  up: GREEN,
  degraded: AMBER,
  down: RED,
  maintenance: BLUE,
  unknown: GREY,
  pending: GREY,
  paused: GREY,
};

const WINDOW_TEXT: Readonly<Record<UptimeWindow, string>> = { h24: '24 h', d7: '7 d', d30: '30 d', d90: '90 d' };

/** Advance widths of Verdana, in units of 2048 to the em; digits and everything else not named are 1302. */
const WIDTHS: Readonly<Record<string, number>> = Object.fromEntries(
  [
    [562, 'il'],
    [550, "'"],
    [705, 'j'],
    [720, ' f'],
    [745, '.,'],
    [806, '!t'],
    [862, 'I'],
    [874, 'r'],
    [930, '-/:;()[]\\|'],
    [940, '"'],
    [1_067, 'cs'],
    [1_076, 'z'],
    [1_117, '?'],
    [1_140, 'L'],
    [1_177, 'F'],
    [1_212, 'kvxy'],
    [1_220, 'e'],
    [1_230, 'a'],
    [1_235, 'P'],
    [1_243, 'o'],
    [1_260, 'YT'],
    [1_276, 'bdgpq'],
    [1_295, 'E'],
    [1_296, 'hnu'],
    [1_400, 'AVSX'],
    [1_404, 'B'],
    [1_419, 'K'],
    [1_430, 'CRZ'],
    [1_488, '&'],
    [1_499, 'U'],
    [1_535, 'NH'],
    [1_578, 'D'],
    [1_588, 'G'],
    [1_612, 'OQ'],
    [1_676, '#+<=>^~w'],
    [1_726, 'M'],
    [1_992, 'm'],
    [2_025, 'W'],
    [2_048, '@…'],
    [2_204, '%'],
  ].flatMap(([width = 0, chars = '']) => Array.from(String(chars), (char) => [char, Number(width)] as const)),
);
