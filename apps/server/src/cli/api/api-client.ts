import { errorMessage } from '@steppe/domain';
import { readdirSync, readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { RequestOptions as HttpsOptions } from 'node:https';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ConnectionOptions } from './connection-options.js';

/** An agent answered, but not with success. The message is the one users of the reference know. */
class UnexpectedResponse extends Error {
  readonly status: number;

  constructor(status: number, body: string) {
    super(`Unexpected response code: ${status} (${body})`);
    this.status = status;
  }
}

export type QueryValues = Readonly<Record<string, string | readonly string[]>>;

/** Speaks the agent API over HTTP, HTTPS or a unix socket. */
export class ApiClient {
  readonly #options: ConnectionOptions;

  /** @throws an `Error` naming the setting when address or TLS files cannot be used */
  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** GET of a JSON value. @throws UnexpectedResponse, or what the connection fails with */
  async get(path: string, query: QueryValues = {}): Promise<unknown> {
    const body = await this.#send('GET', path, query, undefined);
    return JSON.parse(body) as unknown;
  }

  /** PUT, with `value` as a JSON body when there is one; the reply's JSON, or `undefined` when it is empty. */
  async put(path: string, query: QueryValues = {}, value?: unknown): Promise<unknown> {
    const body = await this.#send('PUT', path, query, value);
    return body === '' ? undefined : (JSON.parse(body) as unknown);
  }

  async #send(method: string, path: string, query: QueryValues, value: unknown): Promise<string> {
    const { address, token, region, namespace, httpAuth } = this.#options;
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      for (const item of typeof value === 'string' ? [value] : value) search.append(name, item);
    }
    if (region !== '' && !search.has('region')) search.set('region', region);
    if (namespace !== '') search.set('namespace', namespace);
    const target = targetOf(address);
    const options: RequestOptions = {
      ...target.options,
      method,
      path: search.size === 0 ? path : `${path}?${search.toString()}`,
      headers: {
        ...(target.socketPath ? { Host: '127.0.0.1' } : {}),
        'Accept-Encoding': 'gzip',
        ...(token === '' ? {} : { 'X-Nomad-Token': token }),
      },
      ...(httpAuth === '' ? {} : { auth: httpAuth }),
    };
    const payload = value === undefined ? '' : JSON.stringify(value);
    const response = await connect(options, payload, target.secure ? this.#tlsOptions() : undefined).catch(
      (error: unknown) => {
        throw new Error(`${method === 'GET' ? 'Get' : 'Put'} "${address}${options.path}": ${transportProblem(error)}`, {
          cause: error,
        });
      },
    );
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    const raw = Buffer.concat(chunks);
    const body = (response.headers['content-encoding'] === 'gzip' && raw.length > 0 ? gunzipSync(raw) : raw).toString(
      'utf8',
    );
    if (response.statusCode !== 200) throw new UnexpectedResponse(response.statusCode ?? 0, body);
    return body;
  }

  #tlsOptions(): HttpsOptions {
    const { caCert, caPath, clientCert, clientKey, tlsServerName, tlsSkipVerify } = this.#options;
    if ((clientCert === '') !== (clientKey === '')) throw new Error('both client cert and client key must be provided');
    const authorities = [
      ...(caCert === '' ? [] : [readFile('-ca-cert', caCert)]),
      ...(caPath === '' ? [] : readFolder('-ca-path', caPath)),
    ];
    return {
      ...(authorities.length === 0 ? {} : { ca: authorities }),
      ...(clientCert === ''
        ? {}
        : { cert: readFile('-client-cert', clientCert), key: readFile('-client-key', clientKey) }),
      ...(tlsServerName === '' ? {} : { servername: tlsServerName }),
      rejectUnauthorized: !tlsSkipVerify,
    };
  }
}

interface Target {
  readonly secure: boolean;
  readonly socketPath: boolean;
  readonly options: RequestOptions;
}

function targetOf(address: string): Target {
  if (address.startsWith('unix://')) {
    return { secure: false, socketPath: true, options: { socketPath: address.slice('unix://'.length) } };
  }
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new Error(`invalid address '${address}': it must be a http://, https:// or unix:// URL`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Error(`invalid address '${address}': it must be a http://, https:// or unix:// URL`);
  }
  const auth =
    url.username === '' ? {} : { auth: `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` };
  const options = { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port, ...auth };
  return { secure: url.protocol === 'https:', socketPath: false, options };
}

function connect(options: RequestOptions, payload: string, tls: HttpsOptions | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = tls === undefined ? httpRequest(options, resolve) : httpsRequest({ ...options, ...tls }, resolve);
    outgoing.once('error', reject);
    outgoing.end(payload);
  });
}

/** What kept the connection from being made, a refusal in the words users of the reference know. */
function transportProblem(error: unknown): string {
  const { code, address, port } = error as NodeJS.ErrnoException & {
    readonly address?: string;
    readonly port?: number;
  };
  if (code !== 'ECONNREFUSED') return errorMessage(error);
  const peer =
    port === undefined ? `unix ${address}` : `tcp ${address?.includes(':') ? `[${address}]` : address}:${port}`;
  return `dial ${peer}: connect: connection refused`;
}

function readFile(flag: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(`${flag}: cannot read ${path}`, { cause: error });
  }
}

function readFolder(flag: string, path: string): readonly Buffer[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(path, entry.name)));
  } catch (error) {
    throw new Error(`${flag}: cannot read ${path}`, { cause: error });
  }
}
