import { readMarkdown, type MarkBlock, type MarkInline } from '@statewire/client/look';
import { html } from './nodes.ts';

/** Told when a link is followed. */
export type OnLink = () => void;

/** The words of a message as nodes: text nodes of its texts, so that what a writer types is shown and never run. */
export function marks(text: string, onLink: OnLink): readonly HTMLElement[] {
  return readMarkdown(text).map((block) => blockOf(block, onLink));
}

/** A link of a message: another site opens beside the page and learns nothing of it. `url` was judged before. */
export function anchor(url: string, onLink: OnLink, attributes: Readonly<Record<string, string>> = {}): HTMLElement {
  const isElsewhere = !url.startsWith('/') && !url.startsWith('#');
  const link = html('a', {
    href: url,
    ...(isElsewhere ? { target: '_blank', rel: 'noopener noreferrer nofollow' } : {}),
    ...attributes,
  });
  link.addEventListener('click', onLink);
  return link;
}

function blockOf(block: MarkBlock, onLink: OnLink): HTMLElement {
  switch (block.kind) {
    case 'paragraph':
      return html('p', {}, ...inlines(block.of, onLink));
    case 'heading':
      // Words of a message are no part of the page's outline.
      return html('p', {}, html('strong', {}, ...inlines(block.of, onLink)));
    case 'code':
      return html('pre', {}, html('code', {}, block.text));
    case 'rule':
      return html('hr', {});
    case 'quote':
      return html('blockquote', {}, ...block.of.map((each) => blockOf(each, onLink)));
    default: {
      const items = block.items.map((item) => html('li', {}, ...item.map((each) => blockOf(each, onLink))));
      return block.start === null ? html('ul', {}, ...items) : html('ol', { start: block.start }, ...items);
    }
  }
}

function inlines(of: readonly MarkInline[], onLink: OnLink): readonly (HTMLElement | string)[] {
  return of.map((each) => {
    switch (each.kind) {
      case 'text':
        return each.text;
      case 'break':
        return html('br', {});
      case 'code':
        return html('code', {}, each.text);
      case 'link': {
        const link = anchor(each.url, onLink);
        link.append(...inlines(each.of, onLink));
        return link;
      }
      default:
        return html(each.kind, {}, ...inlines(each.of, onLink));
    }
  });
}
