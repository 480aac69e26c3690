import Sequencer from '@jest/test-sequencer';

/** Suites that take profiles of the process they run in: the more code it has loaded, the longer each takes. */
const PROFILING = ['api/pprof', 'api/permission-matrix', 'api/canary', 'api/forwarding', 'fuzz/requests'];

const place = ({ path }) => {
  const at = PROFILING.findIndex((suite) => path.endsWith(`/src/${suite}.test.ts`));
  return at === -1 ? PROFILING.length : at;
};

/** The suites of one script of this folder run in one process: those that profile it come first. */
export default class ProfilesFirst extends Sequencer {
  async sort(tests) {
    const sorted = await super.sort(tests);
    return sorted.toSorted((a, b) => place(a) - place(b));
  }
}
