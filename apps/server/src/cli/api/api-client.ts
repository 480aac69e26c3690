import { encodeJson, errorMessage } from '@steppe/domain';
import { readdirSync, readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { RequestOptions as HttpsOptions } from 'node:https';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import type { ConnectionOptions } from './connection-options.js';

/** An agent answered, but not with success. The message is the one users of the reference know. */
export class UnexpectedResponse extends Error {
  readonly status: number;

  constructor(status: number, body: string) {
    super(`Unexpected response code: ${status} (${body})`);
    this.status = status;
  }
}

export type QueryValues = Readonly<Record<string, string | readonly string[]>>;

export interface DownloadOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the download; its body fails then. */
  readonly signal?: AbortSignal;
}

/** What is sent; read once. */
type Payload = Readable | string;
const NO_BODY = '';

interface Page {
  readonly value: unknown;
  /** Where the next page begins; absent on the last one. */
  readonly nextToken?: string;
  /** Index of what was read, for waiting until it changes; absent where the agent tells none. */
  readonly index?: number;
}

export interface Download {
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

/** Speaks the agent API over HTTP, HTTPS or a unix socket. */
export class ApiClient {
  readonly #options: ConnectionOptions;

  /** @throws an `Error` naming the setting when address or TLS files cannot be used */
  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Whether a token goes with the requests. */
  get hasToken(): boolean {
    return this.#options.token !== '';
  }

  /** For looking something up by an id that is unique: in every namespace unless the user has named one. */
  get anyNamespace(): QueryValues {
    return this.#options.namespace === '' ? { namespace: '*' } : {};
  }

  /** GET of a JSON value. @throws UnexpectedResponse, or what the connection fails with */
  async get(path: string, query: QueryValues = {}): Promise<unknown> {
    return (await this.page(path, query)).value;
  }

  /** GET of one page of a list, or of a value with its index. Throws as {@link get}. */
  async page(path: string, query: QueryValues, options: DownloadOptions = {}): Promise<Page> {
    const response = await this.#send('GET', path, query, NO_BODY, options);
    const token = response.headers['x-nomad-nexttoken'];
    const index = Number(response.headers['x-nomad-index'] ?? '');
    const value = JSON.parse(await readText(response)) as unknown;
    return {
      value,
      ...(typeof token === 'string' && token !== '' ? { nextToken: token } : {}),
      ...(index > 0 ? { index } : {}),
    };
  }

  /** PUT, with `value` as a JSON body when there is one; the reply's JSON, or `undefined` when it is empty. */
  async put(path: string, query: QueryValues = {}, value?: unknown): Promise<unknown> {
    return this.#written('PUT', path, query, value === undefined ? NO_BODY : encodeJson(value));
  }

  /** DELETE; the reply's JSON, or `undefined` when it is empty. Throws as {@link get}. */
  async delete(path: string, query: QueryValues = {}): Promise<unknown> {
    return this.#written('DELETE', path, query, NO_BODY);
  }

  /** GET of a body that may be large. Throws as {@link get}. */
  async download(path: string, query: QueryValues = {}, options: DownloadOptions = {}): Promise<Download> {
    const response = await this.#send('GET', path, query, NO_BODY, options);
    return { headers: response.headers, body: decodedBody(response) };
  }

  /** PUT of a body that may be large; the reply's own body is not looked at. Throws as {@link get}. */
  async upload(path: string, query: QueryValues, payload: Payload): Promise<void> {
    await readText(await this.#send('PUT', path, query, payload));
  }

  async #written(method: string, path: string, query: QueryValues, payload: string): Promise<unknown> {
    const body = await readText(await this.#send(method, path, query, payload));
    return body === '' ? undefined : (JSON.parse(body) as unknown);
  }

  async #send(
    method: string,
    path: string,
    query: QueryValues,
    payload: Payload,
    { headers = {}, signal }: DownloadOptions = {},
  ): Promise<IncomingMessage> {
    const { address, token, region, namespace, httpAuth } = this.#options;
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      for (const item of typeof value === 'string' ? [value] : value) search.append(name, item);
    }
    if (region !== '' && !search.has('region')) search.set('region', region);
    if (namespace !== '' && !search.has('namespace')) search.set('namespace', namespace);
    const target = targetOf(address);
    const options: RequestOptions = {
      ...target.options,
      method,
      path: search.size === 0 ? path : `${path}?${search.toString()}`,
      headers: {
        ...(target.socketPath ? { Host: '127.0.0.1' } : {}),
        'Accept-Encoding': 'gzip',
        ...headers,
        ...(token === '' ? {} : { 'X-Nomad-Token': token }),
      },
      ...(httpAuth === '' ? {} : { auth: httpAuth }),
      ...(signal === undefined ? {} : { signal }),
    };
    const response = await connect(options, payload, target.secure ? this.#tlsOptions() : undefined).catch(
      (error: unknown) => {
        throw new Error(
          `${method[0]}${method.slice(1).toLowerCase()} "${address}${options.path}": ${transportProblem(error)}`,
          {
            cause: error,
          },
        );
      },
    );
    if (response.statusCode === 200) return response;
    throw new UnexpectedResponse(response.statusCode ?? 0, await readText(response));
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

function connect(options: RequestOptions, payload: Payload, tls: HttpsOptions | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = tls === undefined ? httpRequest(options, resolve) : httpsRequest({ ...options, ...tls }, resolve);
    // An agent may refuse before it has everything; its answer counts then, not that it stopped listening.
    outgoing.on('error', reject);
    if (typeof payload === 'string') outgoing.end(payload);
    else payload.once('error', (error) => outgoing.destroy(error)).pipe(outgoing);
  });
}

/** The body as the agent meant it, whatever it was packed in on its way. */
function decodedBody(response: IncomingMessage): Readable {
  if (response.headers['content-encoding'] !== 'gzip') return response;
  const unpacked = createGunzip();
  response.once('error', (error) => unpacked.destroy(error));
  return response.pipe(unpacked);
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
  // Some agents announce gzip even for a body that is empty.
  return (response.headers['content-encoding'] === 'gzip' && raw.length > 0 ? gunzipSync(raw) : raw).toString('utf8');
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
