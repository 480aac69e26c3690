import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The one jest configuration; every workspace package re-exports it from its `jest.config.mjs`. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/src'],
  testRegex: '\\.(test|prop|sim)\\.ts$',
  extensionsToTreatAsEsm: ['.ts'],
  // Neighbour packages are resolved to their sources, so that no build is needed before a test.
  testEnvironmentOptions: { customExportConditions: ['@steppe/source', 'node', 'node-addons'] },
  moduleNameMapper: {
    '^inversify$': here('./.cache/inversify.mjs'),
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  workerIdleMemoryLimit: '768MB',
};
