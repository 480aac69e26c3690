import type { TestAgent } from './test-agent.js';
import { secretOf } from './test-agent.js';

export interface OpenStream {
  readonly response: Response;
  /** What has been read so far. */
  readonly text: string;
  /** Reads until `done`, or the part is there. @throws an `Error` when the stream ends before */
  readUntil(done: string | ((text: string) => boolean)): Promise<string>;
  /** Reads to the end. */
  readAll(): Promise<string>;
  leave(): void;
}

/** Opens a stream; what it has shown so far grows as it is read. Its headers have come when this resolves. */
export async function openStream(
  { url }: Pick<TestAgent, 'url'>,
  path: string,
  { token, headers = {}, method = 'GET' }: OpenStreamOptions = {},
): Promise<OpenStream> {
  const abort = new AbortController();
  const response = await fetch(url + path, {
    method,
    signal: abort.signal,
    headers: { ...headers, ...(token === undefined ? {} : { 'X-Nomad-Token': secretOf(token) }) },
  });
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  const more = async (): Promise<boolean> => {
    const chunk = await reader?.read();
    if (chunk?.value === undefined) return false;
    text += decoder.decode(chunk.value, { stream: true });
    return true;
  };
  return {
    response,
    get text() {
      return text;
    },
    readUntil: async (done) => {
      const isDone = typeof done === 'string' ? (): boolean => text.includes(done) : (): boolean => done(text);
      while (!isDone()) {
        if (!(await more())) throw new Error(`the stream ended before ${String(done)}: ${text}`);
      }
      return text;
    },
    readAll: async () => {
      while (await more());
      return text;
    },
    leave: () => abort.abort(),
  };
}

interface OpenStreamOptions {
  /** Name of the token, see {@link secretOf}. */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
}
