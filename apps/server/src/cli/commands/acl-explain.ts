import type { Explanation, RuleReference } from '@steppe/acl';
import { CheckBatch, explain, parseCheck } from '@steppe/acl';
import type { FlagTable, FlagValues } from '@steppe/config';
import { encodeJson } from '@steppe/domain';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { CliIo } from '../cli-io.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { explained, readText } from './acl-input.js';

const FLAGS = {
  ...CLIENT_FLAGS,
  accessor: { kind: 'string', usage: 'explain for the token with this accessor' },
  role: { kind: 'string', usage: 'explain for the role with this id or name' },
  policy: { kind: 'strings', usage: 'explain for this policy file, without an agent; may be repeated' },
  method: { kind: 'string', usage: 'with -path: method of the request; default GET' },
  path: { kind: 'string', usage: 'path of the request that is asked about' },
  batch: { kind: 'bool', usage: 'answer checks from lines of JSON on standard input, without an agent' },
  json: { kind: 'bool', usage: 'print as JSON' },
} as const satisfies FlagTable;
type Flags = FlagValues<typeof FLAGS>;

interface ReferenceWire {
  readonly Policy: string;
  readonly Line: number;
  readonly Column: number;
  readonly Block: string;
}

interface CheckWire {
  readonly Check: string;
  readonly Arguments: Readonly<Record<string, unknown>>;
  readonly Allowed: boolean;
  readonly Reason: string;
  readonly DecidedBy: readonly ReferenceWire[];
  readonly Missing: string | null;
  readonly Grant: string | null;
  readonly Hides: readonly ReferenceWire[];
  readonly Obstacles: readonly ReferenceWire[];
}

interface ExplanationWire {
  readonly Allowed: boolean;
  readonly Checks: readonly CheckWire[];
}

/** Steppe's own: why somebody may do something or not. */
export const aclExplain = defineCommand({
  flags: FLAGS,
  takes: '[<check> [<argument>...]]',
  help: 'Says why a token, a role or policies may do something or not, by which rule, and what would change that.',
  run: async ({ flags, args, io }) => {
    if (flags.batch === true) {
      if (args.length > 0) throw new UsageError('-batch takes no arguments');
      await answerBatch(io);
      return 0;
    }
    const [check, ...values] = args;
    if ((check === undefined) === (flags.path === undefined)) {
      throw new UsageError('Either a check, such as AgentRead, or -path must be given');
    }
    const answer =
      flags.policy === undefined || check === undefined
        ? await askAgent(flags, args, io)
        : await explainFiles(flags.policy, [check, ...values], io);
    io.writeOut(flags.json === true ? encodeJson(answer, { pretty: true }) : sentences(answer));
    return answer.Allowed ? 0 : 2;
  },
});

/** Answers that are written before it is looked whether anybody reads them. */
const BATCH_LINES = 1_000;

/** One line of answer for each line of question, in order. */
async function answerBatch(io: CliIo): Promise<void> {
  const batch = new CheckBatch();
  let written = 0;
  for await (const line of createInterface({
    input: Readable.from(io.input()),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    if (line.trim() === '') continue;
    io.writeOut(`${JSON.stringify(batch.answer(line))}\n`);
    written += 1;
    if (written % BATCH_LINES === 0) await io.written();
  }
}

async function askAgent(flags: Flags, args: readonly string[], io: CliIo): Promise<ExplanationWire> {
  const [check, ...values] = args;
  const policies = await Promise.all((flags.policy ?? []).map((path) => readText(path, io)));
  const body = {
    ...(flags.accessor === undefined ? {} : { Token: flags.accessor }),
    ...(flags.role === undefined ? {} : { Role: flags.role }),
    ...(policies.length === 0 ? {} : { Policies: policies }),
    ...(check === undefined ? { Method: flags.method ?? 'GET', Path: flags.path } : { Check: check, Args: values }),
  };
  return (await explained('Error explaining: ', () =>
    clientOf({ flags, io }).put('/v1/acl/explain', {}, body),
  )) as ExplanationWire;
}

async function explainFiles(
  paths: readonly string[],
  [name, ...args]: readonly [string, ...string[]],
  io: CliIo,
): Promise<ExplanationWire> {
  const policies = await Promise.all(paths.map(async (path) => ({ name: path, rules: await readText(path, io) })));
  const { check, ...values } = parseCheck(name, args);
  const answer = explain(policies, parseCheck(name, args));
  return { Allowed: answer.allowed, Checks: [encode(check, values, answer)] };
}

function encode(check: string, args: Readonly<Record<string, unknown>>, answer: Explanation): CheckWire {
  const reference = ({ policy, line, column, block }: RuleReference): ReferenceWire => ({
    Policy: policy,
    Line: line,
    Column: column,
    Block: block,
  });
  return {
    Check: check,
    Arguments: args,
    Allowed: answer.allowed,
    Reason: answer.reason,
    DecidedBy: answer.decidedBy.map(reference),
    Missing: answer.missing ?? null,
    Grant: answer.grant ?? null,
    Hides: answer.hides.map(reference),
    Obstacles: answer.obstacles.map(reference),
  };
}

function sentences({ Allowed, Checks }: ExplanationWire): string {
  if (Checks.length === 0) return 'allowed: it needs no right\n';
  return [Allowed ? 'allowed' : 'denied', ...Checks.flatMap(checkLines), ''].join('\n');
}

function checkLines(check: CheckWire): readonly string[] {
  const place = ({ Policy, Line, Column, Block }: ReferenceWire): string => `${Policy}:${Line}:${Column} ${Block}`;
  const args = Object.values(check.Arguments).filter((value) => value !== undefined);
  return [
    '',
    `${check.Check}(${args.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(', ')}): ${check.Allowed ? 'yes' : 'no'}, ${check.Reason}`,
    ...check.DecidedBy.map((rule) => `  decided by ${place(rule)}`),
    ...(check.Missing === null ? [] : [`  missing: ${check.Missing}`]),
    ...check.Obstacles.map((rule) => `  must go first: ${place(rule)}`),
    ...(check.Grant === null
      ? []
      : ['  would be granted by:', ...check.Grant.split('\n').map((line) => `    ${line}`)]),
    ...check.Hides.map((rule) => `  which would take the place of ${place(rule)}`),
  ];
}
