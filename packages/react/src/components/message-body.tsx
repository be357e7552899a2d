import { readMarkdown, type MarkBlock, type MarkInline } from '@statewire/client/look';
import { useMemo, type MouseEvent, type ReactNode } from 'react';
import { styler, type Styled } from './styled.ts';

/** What `MessageBody` takes. */
export interface MessageBodyProps extends Styled {
  /** Markdown of the safe subset: no HTML, no images; links over http, https and mailto, and paths. */
  readonly text: string;
  /** Told when a reader follows a link, before it is followed. */
  readonly onLink?: ((url: string) => void) | undefined;
}

/** The words of a message with their emphasis, lists and links. What a writer types is shown and never run. */
export function MessageBody(props: MessageBodyProps): ReactNode {
  const { text, onLink } = props;
  const { root } = styler(props);
  const blocks = useMemo(() => readMarkdown(text), [text]);
  return <div className={root('sw-prose')}>{blocks.map((block, i) => drawBlock(block, i, onLink))}</div>;
}

type OnLink = MessageBodyProps['onLink'];

function drawBlock(block: MarkBlock, key: number, onLink: OnLink): ReactNode {
  switch (block.kind) {
    case 'paragraph':
      return <p key={key}>{drawInlines(block.of, onLink)}</p>;
    case 'heading':
      // Words of a message are no part of the page's outline.
      return (
        <p key={key} className="sw-prose-head">
          <strong>{drawInlines(block.of, onLink)}</strong>
        </p>
      );
    case 'code':
      return (
        <pre key={key}>
          <code>{block.text}</code>
        </pre>
      );
    case 'rule':
      return <hr key={key} />;
    case 'quote':
      return <blockquote key={key}>{block.of.map((each, i) => drawBlock(each, i, onLink))}</blockquote>;
    default: {
      const items = block.items.map((item, i) => <li key={i}>{item.map((each, n) => drawBlock(each, n, onLink))}</li>);
      return block.start === null ? (
        <ul key={key}>{items}</ul>
      ) : (
        <ol key={key} start={block.start}>
          {items}
        </ol>
      );
    }
  }
}

function drawInlines(of: readonly MarkInline[], onLink: OnLink): ReactNode {
  return of.map((each, i) => {
    switch (each.kind) {
      case 'text':
        return each.text;
      case 'break':
        return <br key={i} />;
      case 'code':
        return <code key={i}>{each.text}</code>;
      case 'strong':
        return <strong key={i}>{drawInlines(each.of, onLink)}</strong>;
      case 'em':
        return <em key={i}>{drawInlines(each.of, onLink)}</em>;
      case 'del':
        return <del key={i}>{drawInlines(each.of, onLink)}</del>;
      default:
        return (
          <MessageAnchor key={i} url={each.url} onLink={onLink}>
            {drawInlines(each.of, onLink)}
          </MessageAnchor>
        );
    }
  });
}

/** A link of a message: another site opens beside the app and learns nothing of it. */
export function MessageAnchor({
  url,
  className,
  onLink,
  children,
}: {
  readonly url: string;
  readonly className?: string | undefined;
  readonly onLink: OnLink;
  readonly children: ReactNode;
}): ReactNode {
  const isElsewhere = !url.startsWith('/') && !url.startsWith('#');
  return (
    <a
      className={className}
      href={url}
      {...(isElsewhere ? { target: '_blank', rel: 'noopener noreferrer nofollow' } : {})}
      onClick={(event: MouseEvent) => {
        event.stopPropagation();
        onLink?.(url);
      }}
    >
      {children}
    </a>
  );
}
