export {
  isSafeUrl,
  markdownWords,
  markLimits,
  readMarkdown,
  type MarkBlock,
  type MarkInline,
} from '@statewire/model/markdown';
export { amountText, percentOf, progressText, type Amount } from './amount.ts';
export { Arrivals, type Arrival, type ArrivalsOptions, type Said } from './arrivals.ts';
export {
  BAR_BOX_HEIGHT,
  BAR_TONES,
  barBoxWidth,
  barPaths,
  barText,
  cellLooks,
  cellsOf,
  drawBar,
  type BarLetter,
  type BarTone,
  type Painter,
} from './bar.ts';
export { deviceIn, type DeviceStore } from './device.ts';
export { messageLooks, priorityIn, type MessageLook } from './message.ts';
export { nameIn, panelSentence, statusIn, worstFirst } from './panel.ts';
export { shapes, type Stroke } from './shapes.ts';
export { ago, brief, clockTime, latencyText, long } from './span.ts';
export { sparkPath, sparkText } from './spark.ts';
export { measures, tokens, type Token } from './tokens.ts';
export {
  connectionLooks,
  isBadgeStatus,
  isTrouble,
  wordOf,
  words,
  type BadgeStatus,
  type Tone,
  type Word,
} from './words.ts';
