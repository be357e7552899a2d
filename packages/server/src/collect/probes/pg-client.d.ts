/** The client alone: the package's front door also loads its pool, which no probe wants. */
declare module 'pg/lib/client.js' {
  export { Client as default } from 'pg';
}
