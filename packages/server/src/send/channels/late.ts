/** The channels that need a library: it is loaded with the first notice through one of them, not with every start. */
import type { EmailSettings, WebpushSettings } from '@statewire/model';
import type { Send } from './channel.ts';

export const sendEmail: Send<EmailSettings> = async (...notice) => (await import('./email.ts')).sendEmail(...notice);

export const sendWebpush: Send<WebpushSettings> = async (...notice) =>
  (await import('./webpush.ts')).sendWebpush(...notice);
