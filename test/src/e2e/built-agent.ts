import { ownLoopbackHost, Program } from '@steppe/testing';
import { fileURLToPath } from 'node:url';

const bundle = (app: string): string =>
  fileURLToPath(new URL(`../../../apps/${app}/dist/bundle/main.mjs`, import.meta.url));

/** Variables of the machine that would change what the agent or the command line does. */
const CLEAN = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => /^(NOMAD|STEPPE|CONSUL|VAULT)_/.test(name))
    .map((name) => [name, undefined]),
);

/** The built command line. */
export const steppePath = bundle('server');

/** `steppe ARGS` of the built app. */
export const steppe = (...args: readonly string[]): Program => new Program(steppePath, args, { environment: CLEAN });

/** `steppe-worker ARGS` of the built app. */
export const steppeWorker = (...args: readonly string[]): Program =>
  new Program(bundle('worker'), args, { environment: CLEAN });

/** Runs a command to its end. */
export async function finished(
  program: Program,
): Promise<{ readonly code: number | undefined; readonly text: string }> {
  const code = await program.exit;
  return { code, text: program.output };
}

export interface BuiltAgent {
  readonly host: string;
  readonly url: string;
  readonly program: Program;
}

/** A dev agent that has told it is up. */
export async function startBuiltAgent(...flags: readonly string[]): Promise<BuiltAgent> {
  const host = ownLoopbackHost();
  const program = steppe('agent', '-dev', `-bind=${host}`, ...flags);
  await program.waitFor('==> Steppe agent started!');
  return { host, program, url: `http://${host}:4646` };
}

/** Keeps an agent at work while something is captured of it. */
export async function whileAsked<T>({ url }: BuiltAgent, capture: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  const askers = Array.from({ length: 4 }, async () => {
    while (!over.signal.aborted) await (await fetch(`${url}/v1/agent/self`)).text();
  });
  try {
    return await capture();
  } finally {
    over.abort();
    await Promise.all(askers);
  }
}
