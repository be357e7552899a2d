/**
 * Tokens as colours that a canvas can use. A canvas holds colours and not tokens, so it has to be told when they change:
 * another theme on the document, another preference of the system, forced colours.
 */
import { BAR_TONES, tokens, type BarTone } from '@statewire/client/look';

const TOKENS: Readonly<Record<BarTone, string>> = {
  up: '--sw-up-quiet',
  degraded: '--sw-degraded-fill',
  down: '--sw-down-fill',
  maintenance: '--sw-maintenance-fill',
  none: '--sw-empty',
};

/** The colours of a bar where this element stands. Without the stylesheet: those of the light theme. */
export function barColours(element: Element): Readonly<Record<BarTone, string>> {
  const style = getComputedStyle(element);
  const colours: Record<BarTone, string> = { up: '', degraded: '', down: '', maintenance: '', none: '' };
  for (const tone of BAR_TONES) colours[tone] = style.getPropertyValue(TOKENS[tone]).trim() || lightOf(TOKENS[tone]);
  return colours;
}

/** Calls `listener` when colours may have changed, until the returned function is called. All share one observer. */
export function onPaletteChange(listener: () => void): () => void {
  listeners.add(listener);
  if (listeners.size === 1) stop = watch();
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    stop?.();
    stop = null;
  };
}

const listeners = new Set<() => void>();
let stop: (() => void) | null = null;

function watch(): () => void {
  const tell = (): void => {
    const present = [...listeners];
    for (const listener of present) listener();
  };
  const observer = new MutationObserver(tell);
  for (const root of [document.documentElement, document.body])
    observer.observe(root, { attributes: true, attributeFilter: ['class', 'data-theme', 'style'] });
  const queries =
    typeof matchMedia === 'function'
      ? ['(prefers-color-scheme: dark)', '(forced-colors: active)'].map((query) => matchMedia(query))
      : [];
  for (const query of queries) query.addEventListener('change', tell);
  return () => {
    observer.disconnect();
    for (const query of queries) query.removeEventListener('change', tell);
  };
}

function lightOf(name: string): string {
  return tokens.find((token) => `--sw-${token.name}` === name)?.light ?? 'gray';
}
