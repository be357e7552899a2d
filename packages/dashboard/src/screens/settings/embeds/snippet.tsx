import type { Embed } from '@statewire/model';
import { RefreshCw } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useCan } from '../../../lib/me.ts';
import { ask, run } from '../../../live/command.ts';
import { Button } from '../../../parts/button.tsx';
import { Confirm } from '../../../parts/confirm.tsx';
import { Copyable } from '../../../parts/copy.tsx';
import { Dialog } from '../../../parts/dialog.tsx';
import { ProblemNote } from '../../../parts/problem.tsx';
import { Bone } from '../../../parts/skeleton.tsx';
import { done } from '../../../parts/toast.tsx';
import type { Problem } from '../../../rest/request.ts';
import { tagOf } from './look.ts';

/** The tag of an embed, for copying, and the same tag at work. */
export function EmbedSnippet({ embed, onClose }: { embed: Embed; onClose: () => void }): ReactNode {
  const canRenew = useCan('embeds:renew');
  const [isRenewing, setRenewing] = useState(false);
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={embed.name}
      note="Put this tag where the panel is to stand. Its token reads what the panel shows, and nothing else."
      footer={
        <>
          {canRenew && (
            <Button onClick={() => setRenewing(true)} className="mr-auto">
              <RefreshCw aria-hidden /> New token
            </Button>
          )}
          <Button tone="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      {/* A new token is another one to be told. */}
      <Told key={embed.tokens} embed={embed} />
      <Confirm
        open={isRenewing}
        onClose={() => setRenewing(false)}
        title="Make a new token?"
        verb="Make a new token"
        onConfirm={async () => {
          const failed = await run('embeds', embed.id, 'renew');
          if (failed === null) done('New token made');
          return failed;
        }}
      >
        <p>Pages with the present one are cut off at once. Put the new tag into them.</p>
      </Confirm>
    </Dialog>
  );
}

function Told({ embed }: { embed: Embed }): ReactNode {
  const [told, setTold] = useState<{ readonly token: string } | { readonly problem: Problem } | null>(null);
  const { id, panel } = embed;
  const collection = embed.views[0]?.collection ?? 'services';
  useEffect(() => {
    let isHere = true;
    void ask<{ readonly token: string }>('embeds', id, 'token').then((answer) => {
      if (isHere) setTold(answer.ok ? answer.value : { problem: answer.problem });
    });
    return () => {
      isHere = false;
    };
  }, [id]);
  if (told === null) return <Bone className="h-40 w-full" />;
  if ('problem' in told) return <ProblemNote problem={told.problem} />;
  const { token } = told;
  const of = collection === 'services' ? '' : ` collection="${collection}"`;
  return (
    <div className="space-y-4">
      <section aria-label="Script tag">
        <h3 className="mb-1.5 text-sm font-medium">Script tag</h3>
        <Copyable text={tagOf({ origin: location.origin, panel, collection, token })} />
      </section>
      <section aria-label="React">
        <h3 className="mb-1.5 text-sm font-medium">React</h3>
        <Copyable text={`<StatusPanel url="${location.origin}" panel="${panel}"${of} token="${token}" />`} />
      </section>
      <section aria-label="Preview">
        <h3 className="mb-1.5 text-sm font-medium">Preview</h3>
        <Preview embed={embed} token={token} />
      </section>
    </div>
  );
}

/** The script of pages of others, at work in this one: what is seen here is what the token opens. */
function Preview({ embed: { panel, views }, token }: { embed: Embed; token: string }): ReactNode {
  const stage = useRef<HTMLDivElement>(null);
  const collection = views[0]?.collection ?? 'services';
  useEffect(() => {
    const place = stage.current;
    if (place === null) return undefined;
    const script = document.createElement('script');
    script.src = '/embed.js';
    Object.assign(script.dataset, { panel, token, collection });
    place.append(script);
    return () => place.replaceChildren();
  }, [panel, token, collection]);
  return <div ref={stage} className="min-h-24 rounded-control border bg-sunken p-4 text-text" />;
}
