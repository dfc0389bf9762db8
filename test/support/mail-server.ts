import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** A mail as it came over the wire. */
export interface ReceivedMail {
  readonly recipients: readonly string[];
  /** By lower-case name; a name that came twice holds both. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly html: string;
}

export interface MailServer {
  readonly url: string;
  readonly port: number;
  /** Newest first. */
  readonly mails: readonly ReceivedMail[];
  /** From now on, in conversations under way too. */
  behave(manners: Manners): void;
  /** Nobody is there any more. */
  close(): Promise<void>;
  /** Somebody is again, at the same port. */
  reopen(): Promise<void>;
}

interface Manners {
  /** Says no to every recipient. */
  readonly refuses?: boolean;
  /** Takes the mail and never says whether it did. */
  readonly hangs?: boolean;
  /** Milliseconds until it has taken a mail. */
  readonly takes?: number;
}

/** A real SMTP server. */
export async function startMailServer({ port = 0, ...first }: Manners & { port?: number } = {}): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  let manners: Manners = first;
  const open = async (at: number) => {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      disableReverseLookup: true,
      closeTimeout: 100,
      onRcptTo: (_address, _session, done) => done(manners.refuses ? new Error('550 No such user') : undefined),
      onData: (stream, { envelope }, done) => {
        let raw = '';
        const take = () => {
          const recipients = envelope.rcptTo.map(({ address }) => address);
          mails.unshift(read(raw, recipients));
          if (!manners.hangs) done();
        };
        stream.on('data', (chunk: Buffer) => (raw += chunk.toString('latin1')));
        stream.on('end', () => setTimeout(take, manners.takes ?? 0));
      },
    });
    server.on('error', () => undefined);
    server.listen(at, '127.0.0.1');
    await once(server.server, 'listening');
    return server;
  };
  let server = await open(port);
  const bound = (server.server.address() as AddressInfo).port;
  return {
    url: `smtp://127.0.0.1:${bound}`,
    port: bound,
    mails,
    behave: (next) => void (manners = next),
    close: () => new Promise((done) => server.close(done)),
    reopen: async () => void (server = await open(bound)),
  };
}

/** Something that takes connections and never says a word. */
export async function startSilentServer(): Promise<{ url: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

function read(raw: string, recipients: readonly string[]): ReceivedMail {
  const { headers, body } = split(raw);
  const boundary = /boundary="?([^";]+)"?/.exec(headers['content-type'] ?? '')?.[1];
  const parts =
    boundary === undefined
      ? []
      : body
          .split(`--${boundary}`)
          .slice(1, -1)
          .map((part) => split(part.trimStart()));
  const part = (type: string) => parts.find((one) => one.headers['content-type']?.startsWith(type));
  return { recipients, headers, text: decode(part('text/plain')), html: decode(part('text/html')) };
}

function split(raw: string): { headers: Record<string, string>; body: string } {
  const end = raw.indexOf('\r\n\r\n');
  const headers: Record<string, string> = {};
  for (const line of raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}\n${value}` : value;
  }
  return { headers, body: raw.slice(end + 4) };
}

function decode(part: { headers: Record<string, string>; body: string } | undefined): string {
  if (!part) return '';
  const encoding = part.headers['content-transfer-encoding']?.toLowerCase();
  if (encoding === 'base64') return Buffer.from(part.body, 'base64').toString('utf8');
  if (encoding !== 'quoted-printable') return Buffer.from(part.body, 'latin1').toString('utf8');
  const bytes = part.body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
