/** A real SMTP server on loopback, for tests: with or without TLS and passwords, in the moods that mail servers have. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { makeCertificate } from '../certificate.ts';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
  readonly isSecure: boolean;
  readonly user: string;
}

export interface MailServerOptions {
  readonly tls?: 'none' | 'starttls' | 'tls' | undefined;
  /** User and password that are accepted; without them nobody has to sign in. */
  readonly login?: { readonly user: string; readonly password: string } | undefined;
  /** Answers the recipient with this, as `550 no such user`. */
  readonly refuses?: { readonly code: number; readonly text: string } | undefined;
  readonly bytesMax?: number | undefined;
}

const certificate = makeCertificate({
  name: 'mail.test',
  hosts: ['127.0.0.1'],
  notBefore: new Date('2020-01-01T00:00:00Z'),
  notAfter: new Date('2099-01-01T00:00:00Z'),
});

export class MailServer {
  /** What a client must trust. */
  static readonly ca: string = certificate.cert;
  readonly mails: Mail[] = [];
  readonly #server: SMTPServer;

  private constructor(options: MailServerOptions) {
    const { tls = 'starttls', login, refuses } = options;
    const settings: SMTPServerOptions = {
      secure: tls === 'tls',
      key: certificate.key,
      cert: certificate.cert,
      disabledCommands: [...(tls === 'starttls' ? [] : ['STARTTLS']), ...(login === undefined ? ['AUTH'] : [])],
      authOptional: login === undefined,
      // A password before TLS is what this server is there to notice: it would accept it.
      allowInsecureAuth: true,
      size: options.bytesMax,
      onAuth: (auth, _session, done) => {
        const isRight = auth.username === login?.user && auth.password === login?.password;
        if (isRight) done(null, { user: auth.username ?? '' });
        else done(Object.assign(new Error(`Invalid login ${auth.password}`), { responseCode: 535 }));
      },
      onRcptTo: (_address, _session, done) => {
        done(refuses === undefined ? null : Object.assign(new Error(refuses.text), { responseCode: refuses.code }));
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          this.mails.push({
            from: session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address,
            to: session.envelope.rcptTo.map(({ address }) => address),
            raw: Buffer.concat(chunks).toString('utf8'),
            isSecure: session.secure,
            user: String(session.user ?? ''),
          });
          done();
        });
      },
    };
    this.#server = new SMTPServer(settings);
    this.#server.on('error', () => undefined);
  }

  static async open(options: MailServerOptions = {}): Promise<MailServer> {
    const made = new MailServer(options);
    await new Promise<void>((resolve) => void made.#server.listen(0, '127.0.0.1', () => resolve()));
    return made;
  }

  get port(): number {
    return portOf(this.#server.server);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

/** Something on a port that is no mail server: silent, or saying what it likes. */
export async function openStranger(says: string | null): Promise<{ readonly port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    if (says !== null) socket.write(says);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  return {
    port: portOf(server),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

function portOf(server: Pick<Server, 'address'>): number {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: a server that listens on TCP has an AddressInfo.
  return (server.address() as AddressInfo).port;
}
