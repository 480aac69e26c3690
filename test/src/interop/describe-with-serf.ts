import { describe } from '@jest/globals';
import { hasSerf } from '@steppe/testing';

/** Suites that need a real serf agent; where none is installed they are reported as skipped, by name. */
export const describeWithSerf: (name: string, body: () => void) => void = hasSerf ? describe : describe.skip;
