import { compareBytes, isSecretName, REDACTED, redactUrlCredentials } from '@steppe/domain';
import { gunzipSync } from 'node:zlib';

/** Shorter ones would be found everywhere. */
const MIN_SECRET = 6;
/** What stands between a name and its value; looked back from there, since a long text has few of them. */
const MARK = /(?<=([\w.-]{1,128}))(?:=|"?: ?)/g;
const VALUE = /"(?:[^"\\]|\\.)*"|[^\s,;"']+/y;

/** What was taken out of a file, and how often. */
export interface Redaction {
  readonly file: string;
  /** Where: the names on the way to a value of JSON, the name in front of it in a text, or what kind of thing it was. */
  readonly what: string;
  readonly count: number;
}

/** Takes secrets out of what is collected, and remembers where it did. */
export class Redactor {
  readonly #secrets: readonly string[];
  readonly #found = new Map<string, Map<string, number>>();

  /** @param secrets - what must not appear anywhere, such as the token of the requests; empty ones are left out */
  constructor(secrets: readonly string[]) {
    this.#secrets = secrets.filter((secret) => secret.length >= MIN_SECRET);
  }

  /** A JSON value without the texts that have the name of a secret, and without what {@link text} takes out. */
  json(file: string, value: unknown, path: readonly string[] = []): unknown {
    if (typeof value === 'string') {
      if (isSecretName(path.at(-1) ?? '') && value !== '' && value !== REDACTED) {
        this.#count(file, path.join('.'));
        return REDACTED;
      }
      return this.text(file, value);
    }
    if (Array.isArray(value)) return value.map((item: unknown) => this.json(file, item, path));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [this.text(file, key), this.json(file, each, [...path, key])]),
    );
  }

  /** A text without known secrets, the credentials of URLs, and what follows the name of a secret, as in `token=…`. */
  text(file: string, text: string): string {
    let clean = text;
    for (const secret of this.#secrets) {
      if (!clean.includes(secret)) continue;
      this.#count(file, 'a secret of this command');
      clean = clean.replaceAll(secret, REDACTED);
    }
    const withoutCredentials = redactUrlCredentials(clean);
    if (withoutCredentials !== clean) this.#count(file, 'credentials of a URL');
    return this.#withoutValues(file, withoutCredentials);
  }

  #withoutValues(file: string, text: string): string {
    let clean = '';
    let done = 0;
    for (const { 0: mark, 1: name = '', index } of text.matchAll(MARK)) {
      // A mark within what was taken out already is none.
      if (index < done || !isSecretName(name)) continue;
      VALUE.lastIndex = index + mark.length;
      const value = VALUE.exec(text)?.[0];
      if (value === undefined || value.includes(REDACTED) || value === '""') continue;
      this.#count(file, name);
      // In quotes where it was: a line of JSON stays one.
      const quote = value.startsWith('"') ? '"' : '';
      clean += `${text.slice(done, index)}${mark}${quote}${REDACTED}${quote}`;
      done = VALUE.lastIndex;
    }
    return done === 0 ? text : clean + text.slice(done);
  }

  /** Whether bytes, unpacked where they are gzip, hold no known secret. */
  isClean(bytes: Buffer, maxBytes: number): boolean {
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const plain = isGzip ? gunzipSync(bytes, { maxOutputLength: maxBytes }) : bytes;
    return !this.#secrets.some((secret) => plain.includes(secret));
  }

  /** By file and place. */
  get report(): readonly Redaction[] {
    return [...this.#found]
      .flatMap(([file, counts]) => [...counts].map(([what, count]) => ({ file, what, count })))
      .sort((a, b) => compareBytes(a.file, b.file) || compareBytes(a.what, b.what));
  }

  #count(file: string, what: string): void {
    const counts = this.#found.get(file) ?? new Map<string, number>();
    this.#found.set(file, counts.set(what, (counts.get(what) ?? 0) + 1));
  }
}
