/**
 * The tokens of the look: every colour that a component has, for both themes. `styles.css` of @statewire/react, the web
 * components, the dashboard and the status page hold the same values; a test compares them.
 */

export interface Token {
  /** Without the `--sw-` before it. */
  readonly name: string;
  readonly light: string;
  readonly dark: string;
  /** In forced colours: a colour of the person's own. */
  readonly forced: string;
  readonly meaning: string;
}

/** The tokens of the theme with what each is for and its values. */
export const tokens: readonly Token[] = [
  token('text', 'oklch(0.235 0.012 265)', 'oklch(0.945 0.004 268)', 'CanvasText', 'Text'),
  token('muted', 'oklch(0.47 0.014 265)', 'oklch(0.73 0.012 268)', 'CanvasText', 'Text that matters less'),
  token('background', 'oklch(0.982 0.002 265)', 'oklch(0.165 0.006 268)', 'Canvas', 'Ground of the page'),
  token('surface', 'oklch(1 0 0)', 'oklch(0.198 0.007 268)', 'Canvas', 'Ground of cards and pills'),
  token('raised', 'oklch(1 0 0)', 'oklch(0.228 0.008 268)', 'Canvas', 'Ground of what lies above the page'),
  token('hover', 'oklch(0.962 0.003 265)', 'oklch(0.245 0.008 268)', 'Canvas', 'Ground under the pointer'),
  token('line', 'oklch(0.915 0.004 265)', 'oklch(0.272 0.008 268)', 'CanvasText', 'Borders'),
  token('line-strong', 'oklch(0.84 0.006 265)', 'oklch(0.37 0.01 268)', 'CanvasText', 'Borders of controls'),
  token(
    'accent',
    'oklch(0.5 0.19 275)',
    'oklch(0.735 0.13 278)',
    'Highlight',
    'The one accent: focus, running, unread',
  ),
  token('accent-ink', 'oklch(0.99 0.005 275)', 'oklch(0.17 0.03 278)', 'HighlightText', 'Text on the accent'),
  token('accent-soft', 'oklch(0.955 0.022 275)', 'oklch(0.275 0.045 278)', 'Canvas', 'Ground of what is running'),
  token('up', 'oklch(0.47 0.115 155)', 'oklch(0.79 0.13 156)', 'CanvasText', 'Ink of up'),
  token('up-soft', 'oklch(0.96 0.024 155)', 'oklch(0.24 0.03 156)', 'Canvas', 'Ground of up'),
  token(
    'up-quiet',
    'oklch(0.8 0.055 158)',
    'oklch(0.44 0.055 158)',
    'GrayText',
    'Cells and bars of up: a healthy page is nearly monochrome',
  ),
  token('degraded', 'oklch(0.49 0.115 65)', 'oklch(0.825 0.135 78)', 'CanvasText', 'Ink of degraded'),
  token('degraded-soft', 'oklch(0.96 0.04 80)', 'oklch(0.275 0.045 75)', 'Canvas', 'Ground of degraded'),
  token('degraded-fill', 'oklch(0.77 0.155 72)', 'oklch(0.78 0.145 74)', 'CanvasText', 'Cells and bars of degraded'),
  token('down', 'oklch(0.52 0.2 26)', 'oklch(0.75 0.155 24)', 'CanvasText', 'Ink of down'),
  token('down-soft', 'oklch(0.96 0.022 22)', 'oklch(0.275 0.06 22)', 'Canvas', 'Ground of down'),
  token('down-fill', 'oklch(0.62 0.215 26)', 'oklch(0.64 0.205 25)', 'CanvasText', 'Cells and bars of down'),
  token('maintenance', 'oklch(0.49 0.125 240)', 'oklch(0.77 0.105 240)', 'CanvasText', 'Ink of maintenance'),
  token('maintenance-soft', 'oklch(0.955 0.025 240)', 'oklch(0.27 0.045 240)', 'Canvas', 'Ground of maintenance'),
  token('maintenance-fill', 'oklch(0.66 0.12 240)', 'oklch(0.62 0.11 240)', 'CanvasText', 'Cells of maintenance'),
  token('flapping', 'oklch(0.5 0.17 312)', 'oklch(0.775 0.13 312)', 'CanvasText', 'Ink of flapping'),
  token('flapping-soft', 'oklch(0.96 0.025 312)', 'oklch(0.27 0.055 312)', 'Canvas', 'Ground of flapping'),
  token(
    'quiet',
    'oklch(0.48 0.012 265)',
    'oklch(0.73 0.01 268)',
    'CanvasText',
    'Ink of unknown, paused, queued and the like',
  ),
  token(
    'quiet-soft',
    'oklch(0.955 0.003 265)',
    'oklch(0.25 0.006 268)',
    'Canvas',
    'Ground of the same, and of empty tracks',
  ),
  token('empty', 'oklch(0.88 0.004 265)', 'oklch(0.32 0.007 268)', 'GrayText', 'Cells without data'),
  token(
    'glow',
    'oklch(0.78 0.13 275 / 0.34)',
    'oklch(0.65 0.15 278 / 0.36)',
    'Highlight',
    'A changed value, for a moment',
  ),
  token(
    'shadow',
    '0 1px 2px oklch(0.3 0.02 265 / 0.06), 0 12px 32px -6px oklch(0.3 0.02 265 / 0.18)',
    '0 0 0 1px oklch(1 0 0 / 0.04), 0 16px 40px -8px oklch(0 0 0 / 0.65)',
    'none',
    'Under what lies above the page',
  ),
];

/** Sizes and letters, the same in both themes. */
export const measures: readonly { readonly name: string; readonly value: string; readonly meaning: string }[] = [
  { name: 'font', value: 'inherit', meaning: 'Typeface; that of the page unless you say' },
  { name: 'radius', value: '10px', meaning: 'Corners of cards' },
  { name: 'radius-control', value: '7px', meaning: 'Corners of buttons and fields' },
];

function token(name: string, light: string, dark: string, forced: string, meaning: string): Token {
  return { name, light, dark, forced, meaning };
}
