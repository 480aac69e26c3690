/** A list of problems the way the API prints it. */
export function problemList(problems: readonly string[]): string {
  const count = problems.length === 1 ? '1 error' : `${problems.length} errors`;
  return `${count} occurred:\n${problems.map((problem) => `\t* ${problem}\n`).join('')}\n`;
}

/** Names of policies and roles. */
export const OBJECT_NAME = /^[a-zA-Z0-9-]{1,128}$/;

/** Longest description, and longest name of a token, bytes. */
const MAX_TEXT_BYTES = 256;

export const isTooLong = (text: string): boolean => Buffer.byteLength(text) > MAX_TEXT_BYTES;
