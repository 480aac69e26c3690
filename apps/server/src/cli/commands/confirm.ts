import type { CliIo } from '../cli-io.js';

/** Asks the user; anything but a yes is a no. */
export async function confirmed(io: CliIo, question: string): Promise<boolean> {
  io.writeOut(`${question} [y/N] `);
  let answer = '';
  for await (const chunk of io.input()) {
    answer += Buffer.from(chunk).toString('utf8');
    if (answer.includes('\n')) break;
  }
  const isYes = /^\s*y(es)?\s*$/i.test(answer.split('\n')[0] ?? '');
  if (!isYes) io.writeOut('Cancelled.\n');
  return isYes;
}
