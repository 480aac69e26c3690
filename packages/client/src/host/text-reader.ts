import { readFile } from 'node:fs/promises';

/** Reads a text file of the system; rejects when it is not there. */
export type TextReader = (path: string) => Promise<string>;

export const readText: TextReader = (path) => readFile(path, 'utf8');
