import type { IncomingMessage } from 'node:http';
import { apiError } from '../api-error.js';

/** Largest request body an agent endpoint reads as a whole, bytes. Differs from Nomad: there is no limit there. */
const MAX_BODY_BYTES = 1024 * 1024;

export interface BodyLimits {
  /** Bytes. */
  readonly maxBytes: number;
}

/**
 * The body as it comes; its sender waits while nobody takes it. Whoever stops taking it can still answer: the rest is read and
 * thrown away.
 * @throws BODY_TOO_LARGE while it is read
 */
export async function* streamBody(request: IncomingMessage, limits: BodyLimits): AsyncGenerator<Uint8Array> {
  try {
    // Destroying the request would take the connection away that the answer needs.
    yield* limitBody(request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>, limits);
  } finally {
    request.resume();
  }
}

/** A body, up to a limit. @throws BODY_TOO_LARGE while it is read */
export async function* limitBody(
  chunks: AsyncIterable<Uint8Array>,
  { maxBytes }: BodyLimits,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > maxBytes) throw apiError('BODY_TOO_LARGE', maxBytes);
    yield chunk;
  }
}

/** The same limit as {@link readBody}, for a body that comes from elsewhere. @throws BODY_TOO_LARGE */
export async function collectBody(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const whole: Uint8Array[] = [];
  for await (const chunk of limitBody(chunks, { maxBytes: MAX_BODY_BYTES })) whole.push(chunk);
  return Buffer.concat(whole);
}

/** Reads the whole body. @throws BODY_TOO_LARGE */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) reject(apiError('BODY_TOO_LARGE', MAX_BODY_BYTES));
      else chunks.push(chunk);
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
  });
}

/**
 * Decodes a JSON object the lenient way Go does: keys match in any case, unknown keys are ignored, `null` means absent,
 * text after the first value is ignored.
 * @returns the object with lower-cased keys
 * @throws BODY_EMPTY, BODY_INVALID
 */
export function decodeJsonObject(body: Buffer): ReadonlyMap<string, unknown> {
  const text = body.toString('utf8').trim();
  if (text === '') throw apiError('BODY_EMPTY');
  const value = parseFirstValue(text);
  if (value === null) return new Map();
  const fields = fieldsOf(value);
  if (fields !== undefined) return fields;
  throw apiError(
    'BODY_INVALID',
    `json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into an object`,
  );
}

/** The fields of a decoded JSON object by lower-cased name, without those that are `null`; `undefined` for what is none. */
export function fieldsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return new Map(
    Object.entries(value)
      .filter(([, field]) => field !== null)
      .map(([key, field]) => [key.toLowerCase(), field as unknown]),
  );
}

/** The first JSON value of a text; what follows an object or list is ignored, as Go does. @throws BODY_INVALID */
export function parseFirstValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const end = endOfFirstObject(text);
    if (end !== undefined && end < text.length) return JSON.parse(text.slice(0, end)) as unknown;
    throw apiError('BODY_INVALID', `invalid JSON: ${(error as SyntaxError).message}`);
  }
}

/** Where the object or list that starts the text closes, by counting brackets outside strings. */
function endOfFirstObject(text: string): number | undefined {
  if (text[0] !== '{' && text[0] !== '[') return undefined;
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    if (inString) {
      if (char === '\\') i += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      depth -= 1;
      if (depth === 0) return i + 1;
    }
  }
  return undefined;
}
