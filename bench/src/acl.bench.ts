// What a check costs on compiled policies as their rules grow in number, against casbin, CASL and Cedar on the same rules and
// questions in the same run; and how long a thousand rules take to compile.
import { createMongoAbility, subject } from '@casl/ability';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { compileAcl, parsePolicy } from '@steppe/acl';
import { newEnforcer, newModelFromString, StringAdapter } from 'casbin';
import { median, table } from './statistics.js';

const SIZES = [2, 100, 10_000];
const COMPILED_RULES = 1_000;
const ROUNDS = 5;
/** How long a round goes on, milliseconds. */
const ROUND_MS = 100;
const ACTION = 'read-job';
/** Names asked about in turn: half of them have a rule. More than an engine would remember by chance. */
const QUESTIONS = 512;
/** Odd, so that a sample has names with and without a rule. */
const SAMPLE_STEP = 31;

/** Whether reading jobs is allowed in a namespace. */
type Check = (namespace: string) => boolean;

/** Rules for exact names, or for patterns that end in a star. */
type Kind = 'exact' | 'pattern';

interface Engine {
  readonly name: string;
  /** `undefined` for rules the engine has no way to say. */
  build(kind: Kind, size: number): Promise<Check | undefined>;
}

const labels = (kind: Kind, size: number): readonly string[] =>
  Array.from({ length: size }, (_, n) => (kind === 'exact' ? `team-${n}` : `team-${n}-*`));

const questions = (kind: Kind, size: number): readonly string[] =>
  Array.from({ length: QUESTIONS }, (_, n) => {
    // Spread over all rules, the last ones included.
    const rule = Math.floor((n / QUESTIONS) * size);
    const name = n % 2 === 0 ? `team-${rule}` : `other-${rule}`;
    return kind === 'exact' ? name : `${name}-${n}`;
  });

const policyText = (names: readonly string[]): string =>
  names.map((name) => `namespace "${name}" {\n  capabilities = ["${ACTION}"]\n}`).join('\n');

const OURS: Engine = {
  name: 'steppe',
  async build(kind, size) {
    const acl = compileAcl([parsePolicy(policyText(labels(kind, size)))]);
    return (namespace) => acl.allowNamespaceOperation(namespace, ACTION);
  },
};

const CASBIN: Engine = {
  name: 'casbin',
  async build(kind, size) {
    const match = kind === 'exact' ? 'r.obj == p.obj' : 'keyMatch(r.obj, p.obj)';
    const model = newModelFromString(
      `[request_definition]\nr = obj, act\n[policy_definition]\np = obj, act\n` +
        `[policy_effect]\ne = some(where (p.eft == allow))\n[matchers]\nm = ${match} && r.act == p.act\n`,
    );
    const lines = labels(kind, size).map((label) => `p, ${label}, ${ACTION}`);
    const enforcer = await newEnforcer(model, new StringAdapter(lines.join('\n')));
    return (namespace) => enforcer.enforceSync(namespace, ACTION);
  },
};

/** Every namespace a subject type of its own: CASL's fastest way, which knows no patterns. */
const CASL_TYPES: Engine = {
  name: 'CASL, types',
  async build(kind, size) {
    if (kind !== 'exact') return undefined;
    const byType = createMongoAbility(labels(kind, size).map((name) => ({ action: ACTION, subject: name })));
    return (namespace) => byType.can(ACTION, namespace);
  },
};

/** Namespaces as subjects with a name, as an application would have them. */
const CASL: Engine = {
  name: 'CASL, conditions',
  async build(kind, size) {
    const names = labels(kind, size);
    const byCondition = createMongoAbility(
      names.map((name) => ({
        action: ACTION,
        subject: 'Namespace',
        conditions: { name: kind === 'exact' ? name : { $regex: new RegExp(`^${name.replace('*', '.*')}$`) } },
      })),
    );
    return (namespace) => byCondition.can(ACTION, subject('Namespace', { name: namespace }));
  },
};

const CEDAR: Engine = {
  name: 'Cedar',
  async build(kind, size) {
    const id = `${kind}-${size}`;
    const rules = labels(kind, size).map((label) =>
      kind === 'exact'
        ? `permit(principal, action == Action::"${ACTION}", resource == Namespace::"${label}");`
        : `permit(principal, action == Action::"${ACTION}", resource) when { context.name like "${label}" };`,
    );
    const parsed = cedar.preparsePolicySet(id, { staticPolicies: rules.join('\n') });
    if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed.errors));
    return (namespace) => {
      const answer = cedar.statefulIsAuthorized({
        principal: { type: 'User', id: 'u' },
        action: { type: 'Action', id: ACTION },
        resource: { type: 'Namespace', id: namespace },
        context: kind === 'exact' ? {} : { name: namespace },
        preparsedPolicySetId: id,
        entities: [],
      });
      return answer.type === 'success' && answer.response.decision === 'allow';
    };
  },
};

const ENGINES: readonly Engine[] = [OURS, CASBIN, CASL_TYPES, CASL, CEDAR];

/** Nanoseconds a check; each engine has to give the right answers first. */
function cost(check: Check, asked: readonly string[], engine: string): number {
  const sample = asked.filter((_, n) => n % SAMPLE_STEP === 0);
  const wrong = sample.find((namespace) => check(namespace) !== namespace.startsWith('team-'));
  if (wrong !== undefined) throw new Error(`${engine} is wrong about ${wrong}`);
  // The fastest round is the one that shared the processor the least.
  return Math.min(...Array.from({ length: ROUNDS }, () => round(check, asked)));
}

function round(check: Check, asked: readonly string[]): number {
  const start = performance.now();
  let count = 0;
  let granted = 0;
  let elapsed = 0;
  // Small batches for engines that take milliseconds, so that no round takes minutes.
  for (let batch = 1; elapsed < ROUND_MS; batch = Math.min(batch * 2, 4_096)) {
    for (let n = 0; n < batch; n += 1, count += 1) {
      if (check(asked[count % QUESTIONS] as string)) granted += 1;
    }
    elapsed = performance.now() - start;
  }
  if (granted === 0) throw new Error('nothing was granted');
  return (elapsed * 1e6) / count;
}

async function checkRow(kind: Kind, size: number): Promise<readonly string[]> {
  const asked = questions(kind, size);
  const costs: (number | undefined)[] = [];
  for (const engine of ENGINES) {
    const check = await engine.build(kind, size);
    costs.push(check === undefined ? undefined : cost(check, asked, engine.name));
  }
  const [ours = Number.NaN, ...peers] = costs;
  const ratio = Math.min(...peers.filter((ns) => ns !== undefined)) / ours;
  const cells = costs.map((ns) => ns?.toFixed(0) ?? '');
  return [`check, ${size} ${kind} rules, ns`, ...cells, ratio.toFixed(1), '< 1000 ns, ≥ 20'];
}

/** Milliseconds for the steps from text to a compiled object. */
function compileRow(): readonly string[] {
  const text = policyText(labels('pattern', COMPILED_RULES));
  const time = (action: () => unknown): number => {
    const start = performance.now();
    action();
    return performance.now() - start;
  };
  const rules = parsePolicy(text);
  const runs = Array.from({ length: 21 }, () => [time(() => parsePolicy(text)), time(() => compileAcl([rules]))]);
  const [parse, compile] = [0, 1].map((step) => median(runs.map((run) => run[step] ?? Number.NaN)));
  const label = `${COMPILED_RULES} pattern rules: parse + compile, ms`;
  return [label, `${parse?.toFixed(1)} + ${compile?.toFixed(1)}`, '', '', '', '', '', '< 10 ms'];
}

/** Rows of the report: what, the engines, how many times the fastest peer takes, and the budget. */
export async function run(): Promise<string> {
  const rows: (readonly string[])[] = [];
  for (const kind of ['exact', 'pattern'] as const) {
    for (const size of SIZES) rows.push(await checkRow(kind, size));
  }
  return table(
    ['what', ...ENGINES.map(({ name }) => name), 'fastest peer / steppe', 'budget'],
    [...rows, compileRow()],
  );
}
