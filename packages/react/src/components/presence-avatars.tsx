import { wordOf } from '@statewire/client/look';
import type { ReactNode } from 'react';
import { styler, type Styled } from './styled.ts';

/** Somebody who is here. */
export interface Present {
  readonly id: string;
  readonly name: string;
  /** Address of a picture; initials without one. */
  readonly image?: string | undefined;
  /** `active` now, `away` for a while, `offline`. Default `active`. */
  readonly state?: 'active' | 'away' | 'offline' | undefined;
  /** What they do: `editing Billing`. */
  readonly activity?: string | undefined;
}

/** What `PresenceAvatars` takes. */
export interface PresenceAvatarsProps extends Styled<'avatar' | 'more'> {
  readonly people: readonly Present[];
  /** Faces to show at most; the rest is a number. Default 5. */
  readonly max?: number | undefined;
  /** Default `medium`. */
  readonly size?: 'small' | 'medium' | 'large' | undefined;
  /** What the group is. Default `Here now`. */
  readonly label?: string | undefined;
}

/** Who is here, as faces or initials. Each has a name for those who do not see it, and a shape for how present it is. */
export function PresenceAvatars(props: PresenceAvatarsProps): ReactNode {
  const { people, max = 5, size = 'medium', label = 'Here now' } = props;
  const { root, part } = styler(props);
  const rest = people.slice(max);
  return (
    <ul className={root('sw-avatars')} data-size={size} aria-label={`${label}: ${people.length}`}>
      {people.slice(0, max).map((person) => (
        <li
          key={person.id}
          className={part('avatar', 'sw-avatar')}
          data-state={person.state ?? 'active'}
          data-hue={hueOf(person.id)}
          title={titleOf(person)}
        >
          {person.image === undefined ? (
            <span aria-hidden="true">{initials(person.name)}</span>
          ) : (
            <img src={person.image} alt="" />
          )}
          <span className="sw-hidden">{titleOf(person)}</span>
          <span className="sw-avatar-mark" aria-hidden="true" />
        </li>
      ))}
      {rest.length === 0 ? null : (
        <li className={part('more', 'sw-avatar')} data-more="" title={rest.map(({ name }) => name).join(', ')}>
          <span aria-hidden="true">+{rest.length}</span>
          <span className="sw-hidden">
            and {rest.length} more: {rest.map(({ name }) => name).join(', ')}
          </span>
        </li>
      )}
    </ul>
  );
}

/** `AL` for Ada Lovelace; one letter for one word. */
function initials(name: string): string {
  const parts = name.trim().split(/\s+/u);
  const [first = ''] = Array.from(parts[0] ?? '');
  const [last = ''] = parts.length > 1 ? Array.from(parts.at(-1) ?? '') : [];
  return `${first}${last}`.toUpperCase();
}

function titleOf({ name, state = 'active', activity }: Present): string {
  const how =
    activity === undefined || activity === '' ? (state === 'active' ? '' : wordOf(state).word.toLowerCase()) : activity;
  return how === '' ? name : `${name}, ${how}`;
}

const HUES = 6;

/** One of a few hues, always the same for the same id. */
function hueOf(id: string): number {
  let sum = 0;
  for (const char of id) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973;
  return sum % HUES;
}
