import { describe } from '@jest/globals';
import { programOnPath } from '@steppe/testing';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Its own installer puts Go where it need not be on the path. */
const GO = programOnPath('go', ['/usr/local/go/bin']);
/** Building with Go takes a minute of computing wherever it has not been done before: only who asks for it has that. */
const mayBuild = process.env['STEPPE_TEST_GO'] === '1';
/** Go, where it may build programs. */
export const GO_THAT_BUILDS = mayBuild ? GO : undefined;
/** Go, where its `pprof` is there to be run: newer versions build it when they are first asked for it. */
export const GO_WITH_PPROF = withPprof(GO);
export const CHROMIUM = programOnPath('chromium');

/** Suites that need a real program; where it is not installed they are reported as skipped, by name. */
export const describeWith = (program: string | undefined): ((name: string, body: () => void) => void) =>
  program === undefined ? describe.skip : describe;

function withPprof(go: string | undefined): string | undefined {
  if (go === undefined || mayBuild) return go;
  const tools = join(dirname(dirname(realpathSync(go))), 'pkg', 'tool');
  const isThere = existsSync(tools) && readdirSync(tools).some((target) => existsSync(join(tools, target, 'pprof')));
  return isThere ? go : undefined;
}
