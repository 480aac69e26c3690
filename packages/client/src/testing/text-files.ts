import type { TextReader } from '../host/text-reader.js';

/** Files in memory, by path; any other is not there. */
export const textFiles =
  (files: Readonly<Record<string, string | undefined>>): TextReader =>
  (path) => {
    const text = files[path];
    return text === undefined ? Promise.reject(new Error(`ENOENT: ${path}`)) : Promise.resolve(text);
  };
