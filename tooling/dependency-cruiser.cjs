/** Rules on module paths; the rules on packages are data in `layers.json`, enforced by `test/layers`. */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'container-only-in-di',
      comment: 'Core classes never see the container (docs: style of dependency injection).',
      severity: 'error',
      from: { path: '^packages/', pathNot: '/src/(di|testing)/|\\.test\\.ts$|^packages/testing/' },
      to: { path: 'inversify' },
    },
    {
      name: 'no-tests-in-products',
      severity: 'error',
      from: { pathNot: '\\.(test|prop|sim)\\.ts$|/testing/' },
      to: { path: '\\.(test|prop|sim)\\.ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@steppe/source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs'],
    },
  },
};
