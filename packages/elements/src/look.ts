/** The one stylesheet of all elements: the tokens of the page where it sets them, ours where it does not. */
import { tokens } from '@statewire/client/look';

/**
 * A page's own `--sw-...` wins. Without, a value follows the colour scheme that the page or the `theme` attribute chose;
 * a page that chose none is light, as browsers have it.
 */
export const lookCss: string = `
:host {
  ${tokens.map(({ name, light, dark }) => variable(name, light, dark)).join('\n  ')}
  color: var(--_text);
  font-family: var(--sw-font, inherit);
  font-size: 13px;
  font-weight: 500;
  line-height: 20px;
  display: inline-flex;
  vertical-align: middle;
}
:host(sw-banner), :host(sw-feed), :host(sw-progress), :host(sw-panel) { display: block; }
:host(sw-banner[placement='over']) { position: fixed; inset: 12px 12px auto; z-index: 45; max-width: 880px; margin-inline: auto; pointer-events: none; }
:host([placement='over']) :is(.message, .more) { pointer-events: auto; }
:host([placement='over']) .message { background: color-mix(in oklch, var(--_tone) 12%, var(--_surface)); box-shadow: 0 6px 24px light-dark(rgb(0 0 0 / 0.16), rgb(0 0 0 / 0.5)); }
:host(sw-panel[panel='badge']), :host(sw-panel[panel='uptime']), :host(sw-panel[panel='connection']) { display: inline-flex; }
:host([hidden]) { display: none; }
:host([theme='dark']) { color-scheme: dark; }
:host([theme='light']) { color-scheme: light; }
:host([theme='auto']) { color-scheme: light dark; }
[data-tone='up'] { --_tone: var(--_up); --_soft: var(--_up-soft); --_fill: var(--_up-quiet); }
[data-tone='degraded'] { --_tone: var(--_degraded); --_soft: var(--_degraded-soft); --_fill: var(--_degraded-fill); }
[data-tone='down'] { --_tone: var(--_down); --_soft: var(--_down-soft); --_fill: var(--_down-fill); }
[data-tone='maintenance'] { --_tone: var(--_maintenance); --_soft: var(--_maintenance-soft); --_fill: var(--_maintenance-fill); }
[data-tone='flapping'] { --_tone: var(--_flapping); --_soft: var(--_flapping-soft); --_fill: var(--_flapping); }
[data-tone='active'] { --_tone: var(--_accent); --_soft: var(--_accent-soft); --_fill: var(--_accent); }
[data-tone='quiet'] { --_tone: var(--_quiet); --_soft: var(--_quiet-soft); --_fill: var(--_line-strong); }
[data-tone='none'] { --_tone: var(--_quiet); --_soft: var(--_quiet-soft); --_fill: var(--_empty); }
svg { display: block; flex: none; }
.stale { filter: grayscale(1); opacity: 0.85; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.badge { display: inline-flex; align-items: center; gap: 6px; color: var(--_tone); white-space: nowrap; }
.badge.soft { padding: 1px 9px 1px 7px; border: 1px solid transparent; border-radius: 999px; background: var(--_soft); font-size: 12px; }
.bar { width: 148px; height: 20px; }
.bar path { fill: var(--_fill); }
.progress { display: flex; align-items: center; gap: 10px; min-width: 160px; width: 100%; font-size: 12px; font-weight: 400; }
.track { flex: 1; height: 6px; min-width: 48px; overflow: hidden; border-radius: 3px; background: var(--_quiet-soft); box-shadow: inset 0 0 0 1px var(--_line); }
.fill { height: 100%; border-radius: inherit; background: var(--_fill); transform-origin: left; transition: transform 200ms ease-out; }
.going .fill { background: repeating-linear-gradient(115deg, var(--_tone) 0 6px, var(--_soft) 6px 12px); background-size: 200% 100%; animation: go 1.4s linear infinite; }
.number { min-width: 5.5ch; color: var(--_muted); font-variant-numeric: tabular-nums; text-align: end; white-space: nowrap; }
@keyframes go { from { background-position: 26.5px 0; } }
.pill { display: inline-flex; align-items: center; gap: 7px; min-height: 28px; padding: 3px 11px 3px 9px; border: 1px solid var(--_line); border-radius: 999px; background: var(--_surface); color: var(--_text); font: inherit; font-size: 12px; font-variant-numeric: tabular-nums; white-space: nowrap; cursor: pointer; }
.pill:hover { background: var(--_hover); }
.pill:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
.pill svg { color: var(--_tone); }
.pill.trouble { border-color: transparent; background: var(--_soft); color: var(--_tone); }
.asof { font-weight: 400; }
.feed { width: 100%; margin: 0; padding: 0; list-style: none; }
.item { display: grid; grid-template-columns: 8px minmax(0, 1fr) auto; gap: 0 10px; padding: 9px 0; border-bottom: 1px solid var(--_line); }
.item:last-child { border-bottom: 0; }
.mark { width: 8px; height: 8px; margin-top: 6px; border-radius: 50%; background: var(--_tone); }
.title { overflow-wrap: anywhere; }
.time { color: var(--_muted); font-size: 12px; font-weight: 400; font-variant-numeric: tabular-nums; white-space: nowrap; }
.text { grid-column: 2 / -1; color: var(--_muted); font-size: 12px; font-weight: 400; line-height: 18px; overflow-wrap: anywhere; }
.messages { display: grid; gap: 8px; }
.messages:empty { display: none; }
.message { box-sizing: border-box; display: flex; align-items: flex-start; gap: 10px; padding: 12px 14px; border: 1px solid color-mix(in oklch, var(--_tone) 35%, transparent); border-radius: 10px; background: var(--_soft); }
.message > svg { margin-block: 2px; color: var(--_tone); }
.message-body { flex: 1; min-width: 0; overflow-wrap: anywhere; font-weight: 400; }
.message p { margin: 0; }
.message-title { font-weight: 600; }
.message-link { display: inline-block; margin-top: 2px; font-weight: 500; }
.message a { color: inherit; text-decoration: underline; text-underline-offset: 3px; }
.close { flex: none; display: grid; place-items: center; width: 28px; height: 28px; margin: -4px -6px -4px 0; padding: 0; border: 0; border-radius: 7px; background: none; color: var(--_text); cursor: pointer; }
.close:hover { background: color-mix(in oklch, currentColor 8%, transparent); }
.more { justify-self: start; padding: 4px 8px; border: 1px solid var(--_line); border-radius: 7px; background: var(--_surface); color: var(--_text); font: inherit; font-size: 12px; cursor: pointer; }
.message a:focus-visible, .close:focus-visible, .more:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
.prose > * { margin: 0; }
.prose > * + * { margin-top: 6px; }
.prose :is(ul, ol) { padding-inline-start: 20px; }
.prose :is(li, blockquote) > * { margin: 0; }
.prose blockquote { padding-inline-start: 10px; border-inline-start: 2px solid var(--_line); }
.prose code { padding: 1px 4px; border-radius: 4px; background: color-mix(in oklch, currentColor 8%, transparent); font-family: ui-monospace, monospace; font-size: 12px; }
.prose pre { padding: 8px 10px; overflow-x: auto; border-radius: 6px; background: color-mix(in oklch, currentColor 6%, transparent); }
.prose pre code { padding: 0; background: none; }
.prose hr { height: 1px; border: 0; background: var(--_line); }
.panel { width: 100%; border: 1px solid var(--_line); border-radius: 10px; background: var(--_surface); overflow: hidden; }
.head { margin: 0; padding: 10px 14px; border-bottom: 1px solid var(--_line); font-weight: 600; }
.rows { margin: 0; padding: 0; list-style: none; }
.row { display: grid; grid-template-columns: minmax(0, 1fr) auto auto; align-items: center; gap: 4px 14px; min-height: 40px; padding: 4px 14px; border-bottom: 1px solid var(--_line); }
.row:last-child { border-bottom: 0; }
.row .bar { width: 110px; }
.row .badge { grid-column: -2; min-width: 92px; font-size: 12px; }
.name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.panel > .note { padding: 8px 14px; }
.note { margin: 0; color: var(--_muted); font-size: 12px; font-weight: 400; }
@media (max-width: 420px) { .row .bar { display: none; } }
@media (pointer: coarse) { .pill, .more { min-height: 40px; } .close { width: 40px; height: 40px; } }
@media (prefers-reduced-motion: reduce) { .fill { transition: none; } .going .fill { animation: none; } }
@media (forced-colors: active) {
  .badge.soft, .track { border: 1px solid CanvasText; }
  .fill, .mark { forced-color-adjust: none; background: Highlight; }
  .bar path { forced-color-adjust: none; fill: CanvasText; }
  .bar path[data-tone='up'], .bar path[data-tone='none'] { fill: GrayText; }
}
`;

/** Gives a shadow root the stylesheet: shared and allowed by any content policy where the browser can, else as an element. */
export function adoptLook(root: ShadowRoot): void {
  if (sheet === null && 'replaceSync' in CSSStyleSheet.prototype) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(lookCss);
  }
  if (sheet !== null && 'adoptedStyleSheets' in root) {
    root.adoptedStyleSheets = [sheet];
    return;
  }
  const style = document.createElement('style');
  style.textContent = lookCss;
  root.append(style);
}

let sheet: CSSStyleSheet | null = null;

function variable(name: string, light: string, dark: string): string {
  // Of shadows light-dark() knows nothing: it takes colours.
  return name === 'shadow' ? '' : `--_${name}: var(--sw-${name}, light-dark(${light}, ${dark}));`;
}
