/** How long an alert is usually put off. */
export const snoozes: readonly { readonly title: string; readonly ms: number }[] = [
  { title: '1 hour', ms: 3_600_000 },
  { title: '4 hours', ms: 14_400_000 },
  { title: '1 day', ms: 86_400_000 },
];
