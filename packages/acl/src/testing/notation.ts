import type { Acl } from '../decision/acl.js';
import type { AclCheck } from '../decision/checks.js';
import { parseCheck } from '../decision/checks.js';
import { compileAcl } from '../decision/compile-acl.js';
import { ABSENT_ACL, clientAcl, DISABLED_ACL, MANAGEMENT_ACL, SERVER_ACL } from '../decision/special-acls.js';
import { parsePolicy } from '../language/parse-policy.js';

// A short notation for tables of policies and checks. Policies: ` + ` between policies, `;` between blocks. A block is
// `ns|pool|hv <label>` or `op|sent` with `p:word`, `c:capability,…`, `v:path=capability,…` (`-` for none), or
// `agent|node|quota|plugin <word>`. Checks: `NsOp(default, read-job)`; W is a workload.

const SPECIAL: Readonly<Record<string, Acl>> = {
  NIL: ABSENT_ACL,
  MGMT: MANAGEMENT_ACL,
  DISABLED: DISABLED_ACL,
  SERVER: SERVER_ACL,
  'CLIENT(default)': clientAcl('default'),
  'CLIENT*': clientAcl('*'),
};
const BLOCKS: Readonly<Record<string, string>> = {
  ns: 'namespace',
  pool: 'node_pool',
  hv: 'host_volume',
  op: 'operator',
  sent: 'sentinel',
};
const WORKLOAD = { Namespace: 'ns1', JobID: 'web', Group: 'api', Task: 'main' };

const words = (list: string): string =>
  JSON.stringify(list === '' || list === '-' ? [] : list.split(',')).replaceAll(',', ', ');

function attribute(text: string): string {
  const [, kind, rest = ''] = /^([pcv]):(.*)$/.exec(text) ?? [];
  if (kind === 'p') return `policy = "${rest}"`;
  if (kind === 'c') return `capabilities = ${words(rest)}`;
  const [path = '', list = ''] = rest.split('=');
  return `variables { path "${path}" { capabilities = ${words(list)} } }`;
}

function block(text: string): string {
  const [kind = '', ...rest] = text.trim().split(' ');
  const type = BLOCKS[kind];
  if (type === undefined) return `${kind} { policy = "${rest.join('')}" }`;
  const label = kind === 'op' || kind === 'sent' ? '' : ` "${rest.shift() ?? ''}"`;
  return `${type}${label} { ${rest.map(attribute).join(' ')} }`;
}

/** The policy texts that a notation stands for. */
function policiesOf(notation: string): readonly string[] {
  if (notation === '(no policies)') return [];
  return notation.split(' + ').map((policy) => policy.split(';').map(block).join('\n'));
}

export function aclOf(notation: string): Acl {
  return SPECIAL[notation] ?? compileAcl(policiesOf(notation).map((text) => parsePolicy(text)));
}

export function checkOf(notation: string): AclCheck {
  const [, name = '', list = ''] = /^(\w+)(?:\((.*)\))?$/.exec(notation) ?? [];
  const args = list === '' ? [] : list.split(', ');
  return parseCheck(
    name,
    args.map((arg) => {
      if (arg === 'W') return WORKLOAD;
      return arg === '""' ? '' : arg;
    }),
  );
}
