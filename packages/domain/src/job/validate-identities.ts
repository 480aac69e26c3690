import { goQuote } from '../values/go-text.js';
import { DEFAULT_IDENTITY, identitiesOf } from './task-identities.js';
import type { Task, TaskIdentity } from './task.js';

/** Tokens tell their times in whole seconds. */
const MIN_TTL_MS = 1_000;
const CHANGE_MODES: ReadonlySet<string> = new Set(['', 'noop', 'restart', 'signal']);

/** What is wrong with the identities of a task. */
export function identityProblems(task: Task): readonly string[] {
  const identities = identitiesOf(task);
  const names = identities.map(({ name }) => name);
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  const given = task.identity?.name || DEFAULT_IDENTITY;
  return [
    ...(given === DEFAULT_IDENTITY
      ? []
      : [`Identity.Name must be "default", got ${goQuote(given)}: others are Identities`]),
    ...[...twice].map((name) => `Identity ${goQuote(name)} defined more than once`),
    ...identities.flatMap((identity) =>
      problemsOf(identity).map((problem) => `Identity ${goQuote(identity.name)} validation failed: ${problem}`),
    ),
  ];
}

function problemsOf(identity: TaskIdentity): readonly string[] {
  const { name, audience, changeMode, changeSignal, filepath, ttlMs } = identity;
  const problems: string[] = [];
  // It is part of the name of a file and of a variable.
  if (!/^[\w-]{1,128}$/.test(name))
    problems.push(`invalid name ${goQuote(name)}. Must match regex ^[a-zA-Z0-9-_]{1,128}$`);
  if (audience.includes('')) {
    problems.push(`an empty string is an invalid audience (${audience.indexOf('') + 1})`);
  }
  if (!CHANGE_MODES.has(changeMode)) problems.push(`invalid change_mode: ${goQuote(changeMode)}`);
  if (changeMode === 'signal' && changeSignal === '') {
    problems.push('change_signal must be specified when using change_mode=signal');
  }
  if (changeMode !== 'signal' && changeSignal !== '') {
    problems.push(`can only use change_signal=${goQuote(changeSignal)} with change_mode="signal"`);
  }
  if (filepath !== '' && !isInside(filepath)) {
    problems.push(`filepath ${goQuote(filepath)} does not lead to a file in the folder of the task`);
  }
  if (ttlMs < 0) problems.push(`ttl must be >= 0, got ${ttlMs} ms`);
  else if (ttlMs > 0 && ttlMs < MIN_TTL_MS) problems.push(`ttl must be at least 1s, got ${ttlMs} ms`);
  return problems;
}

function isInside(path: string): boolean {
  const parts = path.split('/');
  return !/[\\\0]/.test(path) && !parts.includes('') && !parts.includes('..') && parts.at(-1) !== '.';
}
