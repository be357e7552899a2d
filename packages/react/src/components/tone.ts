/**
 * Two short notes, made here: no file is fetched. Browsers let a page sound only after a person has touched it; before
 * that, or where sound is refused or missing, it stays silent and nobody hears of an error.
 */

/** The timers of a client. */
interface Timers {
  every(ms: number, fn: () => void): () => void;
}

/** Plays it. Of several open tabs one sounds, by a lock that they share. */
export function playTone(kind: 'plain' | 'urgent', timers: Timers): void {
  // A context made before a person touched the page is refused, with a warning in the console for each.
  if (!hasGesture()) return;
  // Locks exist only where the connection is trusted; without them only the tab that is looked at sounds.
  if (!('locks' in navigator)) {
    if (document.visibilityState === 'visible') void sound(kind, timers);
    return;
  }
  navigator.locks
    // What is urgent is heard also right after something that is not.
    .request(`statewire.tone.${kind}`, { ifAvailable: true }, async (lock) => {
      if (lock === null) return;
      await sound(kind, timers);
      await passed(HELD_MS, timers);
    })
    .catch(() => {
      // Locks are refused to pages of opaque origin: these are silent.
    });
}

// The same news reaches all tabs within this.
const HELD_MS = 1_500;
const RESUME_MS = 500;
const NOTE_SEC = 0.12;
const LOUDNESS = 0.08;

let context: AudioContext | null = null;

/** Browsers that do not say are asked by trying. */
function hasGesture(): boolean {
  return !('userActivation' in navigator) || navigator.userActivation.hasBeenActive;
}

async function sound(kind: 'plain' | 'urgent', timers: Timers): Promise<void> {
  try {
    context ??= new AudioContext();
    // Refused, this stays open until a person touches the page: what happened then is no news any more.
    await Promise.race([context.resume(), passed(RESUME_MS, timers)]);
    if (context.state === 'running') notes(context, kind);
  } catch {
    // No audio here, no device, or too many contexts: the toast and the badge say it.
    context = null;
  }
}

function passed(ms: number, timers: Timers): Promise<void> {
  return new Promise((resolve) => {
    const stop = timers.every(ms, () => {
      stop();
      resolve();
    });
  });
}

function notes(audio: AudioContext, kind: 'plain' | 'urgent'): void {
  const { currentTime: from, destination } = audio;
  const gain = audio.createGain();
  gain.connect(destination);
  (kind === 'urgent' ? [880, 660, 880, 660] : [660, 880]).forEach((frequency, i) => {
    const at = from + i * NOTE_SEC;
    const note = audio.createOscillator();
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
