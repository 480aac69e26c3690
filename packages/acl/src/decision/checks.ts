import type { Acl, WorkloadClaim } from './acl.js';
import { checkInvalid } from '../errors.js';

/** One question to an {@link Acl}, as data: what a batch asks and what an explanation is about. */
export type AclCheck =
  | { readonly check: 'NsOp'; readonly namespace: string; readonly operation: string }
  | { readonly check: 'NsOpAnyOf'; readonly namespace: string; readonly operations: readonly string[] }
  | { readonly check: 'Ns'; readonly namespace: string }
  | { readonly check: 'PoolOp'; readonly pool: string; readonly operation: string }
  | { readonly check: 'Pool'; readonly pool: string }
  | { readonly check: 'HvOp'; readonly volume: string; readonly operation: string }
  | { readonly check: 'Hv'; readonly volume: string }
  | VariableCheck
  | { readonly check: 'VarSearch'; readonly namespace: string }
  | { readonly check: 'AgentDebug'; readonly enableDebug: boolean }
  | { readonly check: 'OperatorOp' | 'SentinelOp'; readonly capability: string }
  | { readonly check: 'Svc'; readonly namespace: string; readonly isWorkload: boolean }
  | { readonly check: 'ClientOp'; readonly pool: string }
  | { readonly check: PlainCheckName };

export interface VariableCheck {
  readonly check: 'Var';
  readonly namespace: string;
  readonly path: string;
  readonly operation: string;
  readonly claim: WorkloadClaim | undefined;
}

/** Checks without arguments, and what they ask. */
const PLAIN_CHECKS = {
  PoolSearch: (acl: Acl) => acl.allowNodePoolSearch(),
  AgentRead: (acl: Acl) => acl.allowAgentRead(),
  AgentWrite: (acl: Acl) => acl.allowAgentWrite(),
  NodeRead: (acl: Acl) => acl.allowNodeRead(),
  NodeWrite: (acl: Acl) => acl.allowNodeWrite(),
  OperatorRead: (acl: Acl) => acl.allowOperatorRead(),
  OperatorWrite: (acl: Acl) => acl.allowOperatorWrite(),
  QuotaRead: (acl: Acl) => acl.allowQuotaRead(),
  QuotaWrite: (acl: Acl) => acl.allowQuotaWrite(),
  PluginRead: (acl: Acl) => acl.allowPluginRead(),
  PluginList: (acl: Acl) => acl.allowPluginList(),
  ServerOp: (acl: Acl) => acl.allowServerOperation(),
  Mgmt: (acl: Acl) => acl.isManagement(),
} as const;

export type PlainCheckName = keyof typeof PLAIN_CHECKS;
export type CheckName = AclCheck['check'];

const isPlainName = (name: string): name is PlainCheckName => Object.hasOwn(PLAIN_CHECKS, name);

/** Asks. */
export function allows(acl: Acl, ask: AclCheck): boolean {
  switch (ask.check) {
    case 'NsOp':
      return acl.allowNamespaceOperation(ask.namespace, ask.operation);
    case 'NsOpAnyOf':
      return acl.allowNamespaceOperationAnyOf(ask.namespace, ask.operations);
    case 'Ns':
      return acl.allowNamespace(ask.namespace);
    case 'PoolOp':
      return acl.allowNodePoolOperation(ask.pool, ask.operation);
    case 'Pool':
      return acl.allowNodePool(ask.pool);
    case 'HvOp':
      return acl.allowHostVolumeOperation(ask.volume, ask.operation);
    case 'Hv':
      return acl.allowHostVolume(ask.volume);
    case 'Var':
      return acl.allowVariableOperation(ask.namespace, ask.path, ask.operation, ask.claim);
    case 'VarSearch':
      return acl.allowVariableSearch(ask.namespace);
    case 'AgentDebug':
      return acl.allowAgentDebug(ask.enableDebug);
    case 'OperatorOp':
      return acl.allowOperatorOperation(ask.capability);
    case 'SentinelOp':
      return acl.allowSentinelOperation(ask.capability);
    case 'Svc':
      return acl.allowServiceRead(ask.namespace, ask.isWorkload);
    case 'ClientOp':
      return acl.allowClientOperation(ask.pool);
    default:
      return PLAIN_CHECKS[ask.check](acl);
  }
}

/**
 * Reads a check from its name and arguments: `('NsOp', ['default', 'read-job'])`, `('Var', ['ns', 'path', 'read', claim])`,
 * `('AgentDebug', [true])`. A claim is an object with `Namespace`, `JobID`, `Group` and `Task`, or `null`.
 * @throws ACL_CHECK_INVALID naming what is wrong
 */
export function parseCheck(name: string, args: readonly unknown[]): AclCheck {
  if (isPlainName(name)) {
    expectCount(name, args, 0, 0);
    return { check: name };
  }
  const text = (n: number, what: string): string => textArgument(name, args[n], n, what);
  switch (name) {
    case 'NsOp':
      expectCount(name, args, 2, 2);
      return { check: name, namespace: text(0, 'namespace'), operation: text(1, 'operation') };
    case 'NsOpAnyOf':
      expectCount(name, args, 1, Number.POSITIVE_INFINITY);
      return {
        check: name,
        namespace: text(0, 'namespace'),
        operations: args.slice(1).map((arg, n) => textArgument(name, arg, n + 1, 'operation')),
      };
    case 'PoolOp':
      expectCount(name, args, 2, 2);
      return { check: name, pool: text(0, 'node pool'), operation: text(1, 'operation') };
    case 'HvOp':
      expectCount(name, args, 2, 2);
      return { check: name, volume: text(0, 'host volume'), operation: text(1, 'operation') };
    case 'Var':
      expectCount(name, args, 3, 4);
      return {
        check: name,
        namespace: text(0, 'namespace'),
        path: text(1, 'path'),
        operation: text(2, 'operation'),
        claim: claimArgument(args[3]),
      };
    case 'Svc':
      expectCount(name, args, 2, 2);
      return { check: name, namespace: text(0, 'namespace'), isWorkload: flagArgument(name, args[1], 1) };
    case 'AgentDebug':
      expectCount(name, args, 1, 1);
      return { check: name, enableDebug: flagArgument(name, args[0], 0) };
    default:
      return checkOfOne(name, args, text);
  }
}

/** Checks whose one argument is a name. */
function checkOfOne(name: string, args: readonly unknown[], text: (n: number, what: string) => string): AclCheck {
  switch (name) {
    case 'Ns':
    case 'VarSearch':
      expectCount(name, args, 1, 1);
      return { check: name, namespace: text(0, 'namespace') };
    case 'Pool':
    case 'ClientOp':
      expectCount(name, args, 1, 1);
      return { check: name, pool: text(0, 'node pool') };
    case 'Hv':
      expectCount(name, args, 1, 1);
      return { check: name, volume: text(0, 'host volume') };
    case 'OperatorOp':
    case 'SentinelOp':
      expectCount(name, args, 1, 1);
      return { check: name, capability: text(0, 'capability') };
    default:
      throw checkInvalid(`unknown check ${JSON.stringify(name)}`);
  }
}

function expectCount(name: string, args: readonly unknown[], min: number, max: number): void {
  if (args.length >= min && args.length <= max) return;
  const wanted = min === max ? `${min}` : `${min} to ${max}`;
  throw checkInvalid(
    `${name} takes ${max === Number.POSITIVE_INFINITY ? `at least ${min}` : wanted} arguments, got ${args.length}`,
  );
}

function textArgument(check: string, value: unknown, n: number, what: string): string {
  if (typeof value === 'string') return value;
  throw checkInvalid(`${check}: argument ${n + 1} (${what}) must be a text, got ${JSON.stringify(value)}`);
}

function flagArgument(check: string, value: unknown, n: number): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw checkInvalid(`${check}: argument ${n + 1} must be true or false, got ${JSON.stringify(value)}`);
}

function claimArgument(value: unknown): WorkloadClaim | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object') throw checkInvalid(`Var: the claim must be an object, got ${JSON.stringify(value)}`);
  const fields = new Map(Object.entries(value).map(([key, field]) => [key.toLowerCase(), field as unknown]));
  const text = (key: string): string => {
    const field = fields.get(key.toLowerCase());
    if (field === undefined || typeof field === 'string') return field ?? '';
    throw checkInvalid(`Var: ${key} of the claim must be a text, got ${JSON.stringify(field)}`);
  };
  return { namespace: text('Namespace'), jobId: text('JobID'), group: text('Group'), task: text('Task') };
}
