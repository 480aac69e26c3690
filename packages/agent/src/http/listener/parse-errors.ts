import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Reply } from '../reply/reply.js';
import { UnsupportedMethod } from './http-listener.js';
import { refusalBytes } from './raw-reply.js';

interface ParserError extends Error {
  readonly code?: string;
  readonly rawPacket?: Buffer;
}

/**
 * Answers what the HTTP parser refuses. A method it does not know is still a wrong method on a path of ours, so the route
 * table decides; everything else is a bad request.
 */
export class ParseErrors {
  readonly #refuseMethod: (path: string) => Reply | undefined;
  readonly #responseHeaders: string;

  constructor(
    options: { readonly responseHeaders: Readonly<Record<string, string>> },
    { refuseMethod }: { readonly refuseMethod: (path: string) => Reply | undefined },
  ) {
    this.#refuseMethod = refuseMethod;
    this.#responseHeaders = Object.entries(options.responseHeaders)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
  }

  readonly answer = (error: ParserError, socket: Duplex): void => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    socket.end(this.#bytes(error));
  };

  #bytes(error: ParserError): string {
    if (error instanceof UnsupportedMethod) return this.#wrongMethod(error.path);
    if (error.code === 'HPE_HEADER_OVERFLOW') return badRequest(431);
    const line = error.code === 'HPE_INVALID_METHOD' ? requestLine(error.rawPacket) : undefined;
    return line === undefined ? badRequest(400) : this.#wrongMethod(line);
  }

  #wrongMethod(target: string): string {
    const vary = 'Vary: Accept-Encoding\r\n';
    const reply = this.#refuseMethod(target.replace(/\?.*$/s, ''));
    if (reply?.kind !== 'bytes') return refusalBytes('404 Not Found', '', '', vary);
    const status = `${reply.status} ${STATUS_CODES[reply.status]}`;
    const body = Buffer.from(reply.body).toString('utf8');
    return refusalBytes(status, 'text/plain; charset=utf-8', body, vary + this.#responseHeaders);
  }
}

/** The target of a request whose method is a token, but no known one. */
function requestLine(packet: Buffer | undefined): string | undefined {
  const head = packet?.subarray(0, 8 * 1024).toString('latin1') ?? '';
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ (\/[^\s]*) HTTP\/1\.[01]\r?\n/.exec(head)?.[1];
}

const badRequest = (status: 400 | 431): string =>
  refusalBytes(`${status} ${STATUS_CODES[status]}`, 'text/plain; charset=utf-8', `${status} ${STATUS_CODES[status]}`);
