import { ArrowRight, FileUp, Server } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../../parts/button.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Input } from '../../parts/field.tsx';

/** Nothing is watched yet: the two quickest ways to the first thing. */
export function FirstService({
  onPaste,
  onImport,
}: {
  /** With what was pasted; empty opens an empty form. */
  onPaste: (text: string) => void;
  onImport: () => void;
}): ReactNode {
  const [text, setText] = useState('');
  return (
    <Empty
      icon={Server}
      title="Nothing is watched yet"
      action={
        <form
          className="flex w-full max-w-xl flex-wrap justify-center gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            onPaste(text.trim());
          }}
        >
          <Input
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            aria-label="URL or address to watch"
            placeholder="Paste a URL, host:port or name"
            className="code max-w-64 text-left"
          />
          <Button type="submit" tone="primary" className="h-9">
            {text.trim() === '' ? 'Add a service' : 'Watch it'} <ArrowRight aria-hidden />
          </Button>
          <Button className="h-9" onClick={onImport}>
            <FileUp aria-hidden /> Import
          </Button>
        </form>
      }
    >
      An MCP server, a URL, a database, a certificate, or a job that calls in. Uptime Kuma and Gatus files are taken
      over.
    </Empty>
  );
}
