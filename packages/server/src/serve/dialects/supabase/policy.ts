/**
 * Who may use a topic: public ones whoever is let in, private ones whoever a policy of the configuration names. Policies only
 * add up; where none fits, nothing is given. Pure.
 */
import type { Permission } from '@statewire/model';
import type { Json } from '@statewire/protocol';
import type { Principal } from '../../../lib/principal.ts';
import { can } from '../../../publish/access.ts';

/** One policy: for the topics it names it gives what it says to whoever it is for. Policies only add up. */
export interface TopicRule {
  /** `*` is any text; `{claims.team}` any word of that claim of the token, `{id}` the caller, `{org}` its organization. */
  readonly topic: string;
  readonly may: readonly ('read' | 'write')[];
  readonly of: readonly ('broadcast' | 'presence')[];
  /** Only for whoever has this permission. */
  readonly needs?: Permission | undefined;
  /** Only for tokens whose claims are, or hold, these words. */
  readonly claims: Readonly<Record<string, string>>;
}

/** Topics of broadcast and presence, as an operator says it. */
export interface RealtimeConfig {
  /** May channels that are not private be used? */
  readonly public: boolean;
  readonly topics: readonly TopicRule[];
}

/** What somebody may do in a topic: `read` is to hear or see it, `write` to say it or show oneself. */
export interface Grant {
  readonly broadcast: Right;
  readonly presence: Right;
}
interface Right {
  readonly read: boolean;
  readonly write: boolean;
}

/** `topic` is without `realtime:`. */
export function grantOf(
  { public: isOpen, topics }: RealtimeConfig,
  principal: Principal,
  { topic, isPrivate }: { readonly topic: string; readonly isPrivate: boolean },
): Grant {
  if (!isPrivate) {
    const right = { read: isOpen, write: isOpen };
    return { broadcast: right, presence: right };
  }
  const fitting = topics.filter((rule) => isFor(rule, principal) && fits(rule.topic, topic, principal));
  const right = (of: 'broadcast' | 'presence'): Right => {
    const own = fitting.filter((rule) => rule.of.includes(of));
    return {
      read: own.some(({ may }) => may.includes('read')),
      write: own.some(({ may }) => may.includes('write')),
    };
  };
  return { broadcast: right('broadcast'), presence: right('presence') };
}

function isFor({ needs, claims }: TopicRule, principal: Principal): boolean {
  if (needs !== undefined && !can(principal, needs)) return false;
  return Object.entries(claims).every(([name, word]) => wordsOf(principal.claims?.[name]).includes(word));
}

/** Does the topic have the form of the pattern, with what the caller is in its places? */
function fits(pattern: string, topic: string, principal: Principal): boolean {
  const parts = pattern.split(/(\*|\{[^{}]*\})/u).filter((part) => part !== '');
  // Each place is tried once for each part: a caller chooses the name, and stars multiply.
  const failed = new Set<number>();
  const from = (part: number, at: number): boolean => {
    const place = part * (topic.length + 1) + at;
    if (failed.has(place)) return false;
    const isFit = tried(part, at);
    if (!isFit) failed.add(place);
    return isFit;
  };
  const tried = (part: number, at: number): boolean => {
    const text = parts[part];
    if (text === undefined) return at === topic.length;
    if (text === '*') {
      // A star is not nothing: `room:*` is no policy for `room:`.
      for (let end = at + 1; end <= topic.length; end += 1) if (from(part + 1, end)) return true;
      return false;
    }
    const words = text.startsWith('{') ? placeOf(text.slice(1, -1), principal) : [text];
    return words.some((word) => word !== '' && topic.startsWith(word, at) && from(part + 1, at + word.length));
  };
  return from(0, 0);
}

function placeOf(name: string, { id, org, claims }: Principal): readonly string[] {
  if (name === 'id') return [id];
  return name === 'org' ? [org] : wordsOf(claims?.[name.slice('claims.'.length)]);
}

function wordsOf(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
