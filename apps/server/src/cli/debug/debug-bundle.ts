import { compareBytes, encodeJson, errorMessage, escapeHtml } from '@steppe/domain';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Redactor } from './redactor.js';
import { RedactedTextFile } from './redacted-text-file.js';

const MODE = 0o600;
/** Above any profile; what unpacks to more is not looked through, and not kept. */
const MAX_UNPACKED_BYTES = 256 * 1_024 * 1_024;

interface Failure {
  readonly what: string;
  readonly error: string;
}

interface IndexedFile {
  readonly Path: string;
  readonly Bytes: number;
  readonly SHA256: string;
}

/** The files of a capture in a folder, none with a secret, and in the end what they are. */
export class DebugBundle {
  readonly #folder: string;
  readonly #redactor: Redactor;
  readonly #paths = new Set<string>();
  readonly #failures: Failure[] = [];

  /** @param folder - exists and is empty */
  constructor(folder: string, redactor: Redactor) {
    this.#folder = folder;
    this.#redactor = redactor;
  }

  get failures(): readonly Failure[] {
    return this.#failures;
  }

  /** Relative paths, sorted. */
  get paths(): readonly string[] {
    return [...this.#paths].sort(compareBytes);
  }

  /** Something could not be captured; the rest goes on. @returns the error's text, without secrets */
  fail(what: string, error: unknown): string {
    const text = this.#redactor.text('index.json', errorMessage(error));
    this.#failures.push({ what, error: text });
    return text;
  }

  async writeJson(path: string, value: unknown): Promise<void> {
    await this.#write(path, encodeJson(this.#redactor.json(path, value), { pretty: true }));
  }

  /** Text is cleaned. Anything else with a known secret in it is not kept. @throws an `Error` saying so */
  async writeBytes(path: string, bytes: Buffer, { isText }: { readonly isText: boolean }): Promise<void> {
    if (isText) await this.#write(path, this.#redactor.text(path, bytes.toString('utf8')));
    else if (this.#redactor.isClean(bytes, MAX_UNPACKED_BYTES)) await this.#write(path, bytes);
    else throw new Error('it holds a secret of this command and is not kept');
  }

  /** Opens a text file that grows; the caller closes it. */
  async openText(path: string): Promise<RedactedTextFile> {
    const handle = await open(await this.#place(path), 'wx', MODE);
    return new RedactedTextFile(handle, (text) => this.#redactor.text(path, text));
  }

  /** Adds what stands in the bundle: `index.json` and `index.html`, `redactions.json`, and `SHA256SUMS` for `sha256sum -c`. */
  async close(captured: object): Promise<void> {
    const redactions = this.#redactor.report.map(({ file, what, count }) => ({ File: file, What: what, Count: count }));
    await this.#write('redactions.json', encodeJson(redactions, { pretty: true }));
    const files = await Promise.all(this.paths.map((path) => this.#indexed(path)));
    const failures = this.#failures.map(({ what, error }) => ({ What: what, Error: error }));
    const index = { ...captured, Files: files, Failures: failures, Redactions: redactions.length };
    await this.#write('index.json', encodeJson(index, { pretty: true }));
    await this.#write('index.html', indexPage(files, failures));
    const sums = await Promise.all(this.paths.map((path) => this.#indexed(path)));
    await this.#write('SHA256SUMS', sums.map(({ Path, SHA256 }) => `${SHA256}  ${Path}\n`).join(''));
  }

  async #indexed(path: string): Promise<IndexedFile> {
    const file = join(this.#folder, path);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
    return { Path: path, Bytes: (await stat(file)).size, SHA256: hash.digest('hex') };
  }

  async #write(path: string, content: string | Uint8Array): Promise<void> {
    await writeFile(await this.#place(path), content, { mode: MODE, flag: 'wx' });
  }

  async #place(path: string): Promise<string> {
    const file = join(this.#folder, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    this.#paths.add(path);
    return file;
  }
}

function indexPage(
  files: readonly IndexedFile[],
  failures: readonly { readonly What: string; readonly Error: string }[],
): string {
  const rows = files.map(({ Path, Bytes }) => {
    const href = Path.split('/').map(encodeURIComponent).join('/');
    return `<tr><td><a href="${escapeHtml(href)}">${escapeHtml(Path)}</a><td>${Bytes}`;
  });
  const problems = failures.map(({ What, Error: text }) => `<li>${escapeHtml(What)}: ${escapeHtml(text)}`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Debug capture</title>
<h1>Debug capture</h1>
<table>
<tr><th>File<th>Bytes
${rows.join('\n')}
</table>
<h2>What could not be captured: ${failures.length}</h2>
<ul>
${problems.join('\n')}
</ul>
</html>
`;
}
