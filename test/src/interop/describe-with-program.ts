import { describe } from '@jest/globals';
import { programOnPath } from '@steppe/testing';

/** Where Go's own installer puts it, which need not be on the path. */
export const GO = programOnPath('go', ['/usr/local/go/bin']);
export const CHROMIUM = programOnPath('chromium');

/** Suites that need a real program; where it is not installed they are reported as skipped, by name. */
export const describeWith = (program: string | undefined): ((name: string, body: () => void) => void) =>
  program === undefined ? describe.skip : describe;
