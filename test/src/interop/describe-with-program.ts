import { describe } from '@jest/globals';
import { programOnPath } from '@steppe/testing';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Its own installer puts Go where it need not be on the path. */
export const GO = programOnPath('go', ['/usr/local/go/bin']);
/**
 * Go, where its `pprof` is there to be run: newer versions build it when they are first asked for it, which takes a minute of
 * computing. `STEPPE_TEST_GO=1` has them do that.
 */
export const GO_WITH_PPROF = withPprof(GO);
export const CHROMIUM = programOnPath('chromium');

/** Suites that need a real program; where it is not installed they are reported as skipped, by name. */
export const describeWith = (program: string | undefined): ((name: string, body: () => void) => void) =>
  program === undefined ? describe.skip : describe;

function withPprof(go: string | undefined): string | undefined {
  if (go === undefined || process.env['STEPPE_TEST_GO'] === '1') return go;
  const tools = join(dirname(dirname(realpathSync(go))), 'pkg', 'tool');
  const isThere = existsSync(tools) && readdirSync(tools).some((target) => existsSync(join(tools, target, 'pprof')));
  return isThere ? go : undefined;
}
