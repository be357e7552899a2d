import { env } from './env.ts';

/**
 * Two short notes, made here: no file is fetched. Browsers let a page sound only after a person has touched it; before
 * that it stays silent. Of several open tabs one sounds, by a lock that they share.
 */
export function tone(isUrgent: boolean): void {
  if (!navigator.userActivation.hasBeenActive) return;
  // Locks exist only where the connection is trusted; without them only the tab that is looked at sounds.
  if (!('locks' in navigator)) {
    if (document.visibilityState === 'visible') play(isUrgent);
    return;
  }
  void navigator.locks.request('statewire.tone', { ifAvailable: true }, async (lock) => {
    if (lock === null) return;
    play(isUrgent);
    await new Promise<void>((resolve) => void env.after(HELD_MS, resolve));
  });
}

// The same news reaches all tabs within this.
const HELD_MS = 1500;
const NOTE_SEC = 0.12;
const LOUDNESS = 0.08;

let context: AudioContext | null = null;

function play(isUrgent: boolean): void {
  context ??= new AudioContext();
  const { currentTime: from, destination } = context;
  const notes = isUrgent ? [880, 660, 880, 660] : [660, 880];
  const gain = context.createGain();
  gain.connect(destination);
  notes.forEach((frequency, i) => {
    if (context === null) return;
    const at = from + i * NOTE_SEC;
    const note = context.createOscillator();
    note.frequency.value = frequency;
    // Rises and falls: a hard edge is a click.
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02);
    gain.gain.linearRampToValueAtTime(0, at + NOTE_SEC);
    note.connect(gain);
    note.start(at);
    note.stop(at + NOTE_SEC);
  });
}
