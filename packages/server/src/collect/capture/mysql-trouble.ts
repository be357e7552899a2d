/** What is wrong with a MySQL or MariaDB, by the number of its error, in words of what to do. Texts of the server are not told: they may hold data. */
import type { Trouble } from './trouble.ts';

/** The trouble behind an error of the driver or of the server. `user` and `database` are those of the URL. */
export function saidOfMysql(error: unknown, { database }: { readonly database: string }): Trouble {
  const errno = numberOf(error);
  const code = textOf(error);
  switch (errno) {
    case 1045: // ER_ACCESS_DENIED_ERROR
    case 1698: // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
    case 1251: // ER_NOT_SUPPORTED_AUTH_MODE
      return { code: 'credentials', message: `${PASSWORD} (error ${errno})` };
    case 1044: // ER_DBACCESS_DENIED_ERROR
      return {
        code: 'forbidden',
        message: `the user may not use the database ${database} (error ${errno}); run: GRANT SELECT ON \`${database}\`.* TO <user>;`,
      };
    case 1130: // ER_HOST_NOT_PRIVILEGED
      return {
        code: 'credentials',
        message: `the server takes no logins from this machine (error ${errno}); name it in the user's host`,
      };
    case 1049: // ER_BAD_DB_ERROR
      return {
        code: 'no_database',
        message: `the server has no database ${database} (error ${errno}); correct the URL`,
      };
    case 1142: // ER_TABLEACCESS_DENIED_ERROR
    case 1143: // ER_COLUMNACCESS_DENIED_ERROR
      return {
        code: 'forbidden',
        message: `the user may not read a table of the capture (error ${errno}); run: GRANT SELECT ON \`${database}\`.<table> TO <user>;`,
      };
    case 1146: // ER_NO_SUCH_TABLE
    case 1054: // ER_BAD_FIELD_ERROR
      return { code: 'schema_changed', message: 'the tables have changed; their rows are read again' };
    case 1040: // ER_CON_COUNT_ERROR
    case 1203: // ER_TOO_MANY_USER_CONNECTIONS
    case 1226: // ER_USER_LIMIT_REACHED
      return {
        code: 'connections',
        message: `the server has no connection left for this user (error ${errno}); raise max_connections, or the user's own limit`,
      };
    case 3024: // ER_QUERY_TIMEOUT
    case 1969: // ER_STATEMENT_TIMEOUT of MariaDB
      return {
        code: 'too_slow',
        message: `reading a table took too long (error ${errno}); put an index on the column named by cursor and on the key`,
      };
    case 1053: // ER_SERVER_SHUTDOWN
    case 1927: // ER_CONNECTION_KILLED of MariaDB
      return { code: 'restarting', message: 'the server is shutting down or starting again' };
    case 1792: // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
      return {
        code: 'internal',
        message: 'the capture tried to write; that is a mistake of ours, and the server refused it',
      };
    default:
  }
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') {
    return {
      code: 'tls_unavailable',
      message: 'the server offers no encryption; when its network is your own, add ?sslmode=disable to the URL',
    };
  }
  if (/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_VERIFY|HANDSHAKE_SSL_ERROR/u.test(code)) {
    return {
      code: 'certificate',
      message: `the certificate of the server is not trusted (${code}); install its authority, or add ?sslmode=require to the URL to encrypt without knowing who answers`,
    };
  }
  if (/^(?:PROTOCOL_CONNECTION_LOST|ECONNRESET|EPIPE|ETIMEDOUT|ECONNREFUSED|PROTOCOL_ENQUEUE_AFTER)/u.test(code))
    return CUT;
  if (error instanceof Error && /closed state|closed by|was cut|timed out/iu.test(error.message)) return CUT;
  if (/^(?:HANDSHAKE|PROTOCOL)_|^ERR_(?:OUT_OF_RANGE|BUFFER|INVALID_ARG)/u.test(code)) return STRANGER;
  if (errno === null) return code === '' ? STRANGER : CUT;
  return {
    code: 'database',
    message: `the server refused (error ${errno}${/^ER_[A-Z0-9_]{1,60}$/u.test(code) ? `, ${code}` : ''})`,
  };
}

const PASSWORD = 'the server does not accept the user or the password of the URL; correct them';
const CUT: Trouble = { code: 'cut', message: 'the connection to the server was cut' };
const STRANGER: Trouble = {
  code: 'protocol',
  message: 'what answers does not speak the protocol of MySQL; correct the host and port of the URL',
};

function numberOf(error: unknown): number | null {
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number' && error.errno > 0
    ? error.errno
    : null;
}

function textOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}
