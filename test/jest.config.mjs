import { fileURLToPath } from 'node:url';
import preset from '../jest.preset.mjs';

// The end-to-end suites start processes and servers of their own.
export default {
  ...preset,
  testTimeout: 30_000,
  testSequencer: fileURLToPath(new URL('profiles-first.mjs', import.meta.url)),
};
