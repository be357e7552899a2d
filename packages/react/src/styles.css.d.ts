// oxlint-disable unicorn/no-empty-file -- true: TypeScript 6 and 7 want types also of what is imported for its effect alone, and there are none.
