import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runCli } from '../main-command.js';

/** A request as an agent got it. */
interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** What an agent answers: a status and headers with a body, which is JSON unless it is a text or bytes. */
interface ScriptedReply {
  readonly status?: number;
  readonly index?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

type Handler = (request: SeenRequest) => ScriptedReply | Promise<ScriptedReply>;

/** By method and path, such as `GET /v1/jobs`; a value that is no function is the body of a success. */
export type Script = Readonly<Record<string, Handler | object | null>>;

interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

export interface ScriptedAgent {
  readonly requests: readonly SeenRequest[];
  /** Requests as `METHOD /path?query`, in order. */
  readonly seen: () => readonly string[];
  /** Runs `steppe <words> -address=… <args>` against it. */
  readonly run: (words: string, args?: readonly string[], input?: string) => Promise<CliResult>;
  readonly stop: () => Promise<void>;
}

/** An agent in this process that answers what it is told to, 404 to everything else. */
export async function startScriptedAgent(script: Script): Promise<ScriptedAgent> {
  const requests: SeenRequest[] = [];
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const seen = await seenRequest(request);
    requests.push(seen);
    const entry = script[`${seen.method} ${seen.path}`];
    const reply = entry === undefined ? { status: 404, body: 'Invalid' } : await answer(entry, seen);
    const { status = 200, index = 7, headers = {}, body = {} } = reply;
    response.writeHead(status, { 'X-Nomad-Index': `${index}`, ...headers });
    response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  };
  const server = createServer((request, response) => void respond(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    requests,
    seen: () =>
      requests.map(({ method, path, query }) => {
        const search = new URLSearchParams(query).toString();
        return `${method} ${path}${search === '' ? '' : `?${search}`}`;
      }),
    run: (words, args = [], input = '') =>
      runInMemory([...words.split(' '), `-address=http://127.0.0.1:${port}`, ...args], input),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const answer = async (entry: Handler | object | null, seen: SeenRequest): Promise<ScriptedReply> =>
  typeof entry === 'function' ? (entry as Handler)(seen) : { body: entry };

async function seenRequest(request: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const url = new URL(request.url ?? '', 'http://agent');
  const body = Buffer.concat(chunks).toString();
  return {
    method: request.method ?? '',
    path: decodeURIComponent(url.pathname),
    query: Object.fromEntries(url.searchParams),
    body: body === '' ? undefined : JSON.parse(body),
  };
}

/** Runs a command with everything it writes kept. */
export async function runInMemory(argv: readonly string[], input = ''): Promise<CliResult> {
  const out: Buffer[] = [];
  let error = '';
  const code = await runCli(argv, {
    writeOut: (text) => void out.push(Buffer.from(text)),
    isTerminal: false,
    writeError: (text) => {
      error += text;
    },
    written: () => Promise.resolve(),
    onInterrupt: () => () => undefined,
    input: async function* () {
      yield await Promise.resolve(Buffer.from(input));
    },
    environment: {},
    runAgentCommand: () => Promise.reject(new Error('no agent is to be started')),
  });
  return { code, out: Buffer.concat(out).toString(), error };
}
