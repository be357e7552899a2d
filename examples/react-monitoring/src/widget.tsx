import { type ReactNode } from 'react';

/** What the page is about, from its address: `?server=shop&agent=a7`. */
export function chosen(name: string, otherwise: string): string {
  return new URLSearchParams(location.search).get(name) ?? otherwise;
}

/** One hook and what it shows. */
export function Widget({ hook, children }: { readonly hook: string; readonly children?: ReactNode }): ReactNode {
  return (
    <section className="widget" data-hook={hook}>
      <h3>{hook}</h3>
      {children}
    </section>
  );
}

/** A heading and its widgets. */
export function Group({ title, children }: { readonly title: string; readonly children?: ReactNode }): ReactNode {
  return (
    <div className="group">
      <h2>{title}</h2>
      <div className="widgets">{children}</div>
    </div>
  );
}
