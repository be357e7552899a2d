import { Check, Copy } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { cx } from '../lib/cx.ts';
import { env } from '../lib/env.ts';
import { Button } from './button.tsx';

/** Copies text; says so for two seconds. */
export function CopyButton({
  text,
  label = 'Copy',
  className,
}: {
  text: string;
  label?: string;
  className?: string;
}): ReactNode {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await write(text);
    setCopied(true);
    env.after(2000, () => setCopied(false));
  };
  return (
    <Button size="small" tone="ghost" className={className} onClick={() => void copy()} aria-live="polite">
      {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
      {copied ? 'Copied' : label}
    </Button>
  );
}

/** A value people carry elsewhere: an id, a key, an error's detail. Selectable and with a copy button. */
export function Copyable({ text, className }: { text: string; className?: string }): ReactNode {
  return (
    <div className={cx('flex items-start gap-2 rounded-control border bg-sunken py-1 pr-1 pl-3', className)}>
      <code className="code min-w-0 flex-1 py-1 text-xs break-all whitespace-pre-wrap select-all">{text}</code>
      <CopyButton text={text} className="shrink-0" />
    </div>
  );
}

async function write(text: string): Promise<void> {
  // Absent on plain http away from localhost; the text is selectable for that case.
  await navigator.clipboard?.writeText(text).catch(() => undefined);
}
