import type { ReactNode } from 'react';
import { Mark } from '../parts/logo.tsx';

/** The frame of the pages before the door: one narrow column, nothing else to do. */
export function GateFrame({
  title,
  note,
  children,
}: {
  title: string;
  note?: ReactNode;
  children: ReactNode;
}): ReactNode {
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-sm flex-col justify-center px-4 py-12">
      <div className="mb-8">
        <Mark className="size-9" />
        <h1 className="mt-5 text-xl font-semibold">{title}</h1>
        {note !== undefined && <p className="mt-1 text-muted">{note}</p>}
      </div>
      {children}
    </main>
  );
}
