import { errorMessage, isJsonDocument } from '@steppe/domain';
import type { CliIo } from '../cli-io.js';
import { readText } from './acl-input.js';

/** What a file says of something named, as the API takes it. */
export type NamedBody = Readonly<Record<string, unknown>> & { readonly Name: string };

interface Reading {
  readonly isJson: boolean;
  /** What to call it in errors. */
  readonly what: string;
  /** @throws an `Error` with the place in the text */
  readonly parseHcl: (source: string) => Readonly<Record<string, unknown>>;
}

/** Reads something with a name from a file, or for `-` from standard input: JSON as the API has it, or HCL. */
export async function readNamed(path: string, { isJson, what, parseHcl }: Reading, io: CliIo): Promise<NamedBody> {
  const text = await readText(path, io);
  try {
    const body = isJson || isJsonDocument(text) ? (JSON.parse(text) as unknown) : parseHcl(text);
    const name = (body as { readonly Name?: unknown } | null)?.Name;
    if (typeof name !== 'string' || name === '') throw new Error('it has no Name');
    return { ...(body as object), Name: name };
  } catch (error) {
    throw new Error(`Error reading ${what} from ${path}: ${errorMessage(error)}`, { cause: error });
  }
}
