/** What every component takes for its looks. Unstyled, it has its parts, states and words, and no class of the theme. */
export interface Styled<P extends string = never> {
  /** For the outermost element. */
  readonly className?: string | undefined;
  /** For the parts inside. */
  readonly classNames?: Readonly<Partial<Record<P, string>>> | undefined;
  /** Leaves out the theme's class names; data attributes for states stay. */
  readonly unstyled?: boolean | undefined;
}

/** Class names of one component: `root('sw-badge')`, `part('word')`, or another name of the theme for the part. */
export interface Styler<P extends string> {
  readonly root: (theme: string) => string | undefined;
  readonly part: (name: P, theme: string) => string | undefined;
}

export function styler<P extends string>({ className, classNames, unstyled = false }: Styled<P>): Styler<P> {
  const join = (theme: string, own: string | undefined): string | undefined => {
    const all = [unstyled ? '' : theme, own ?? ''].filter((name) => name !== '').join(' ');
    return all === '' ? undefined : all;
  };
  return {
    root: (theme) => join(theme, className),
    part: (name, theme) => join(theme, classNames?.[name]),
  };
}
