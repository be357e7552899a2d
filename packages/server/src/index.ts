export type { Store } from "./keep/store.ts";
