import type { Acl } from './acl.js';
import { compileAcl, NOTHING } from './compile-acl.js';
import { CompiledAcl } from './compiled-acl.js';

/** Grants nothing that a policy could grant: an anonymous caller without an `anonymous` policy. */
export const DENY_ALL_ACL: Acl = compileAcl([]);

/** Management tokens. */
export const MANAGEMENT_ACL: Acl = new CompiledAcl({ ...NOTHING, bypass: 'management', client: '', server: '' });

/** Everybody, while ACLs are off. */
export const DISABLED_ACL: Acl = new CompiledAcl({ ...NOTHING, bypass: 'disabled' });

/** Calls between servers. */
export const SERVER_ACL: Acl = new CompiledAcl({ ...NOTHING, agent: 'read', server: 'write' });

/** Calls of a client node, known by its secret, that belongs to this node pool. */
export function clientAcl(pool: string): Acl {
  return new CompiledAcl({ ...NOTHING, agent: 'read', client: 'write', clientPool: pool, server: 'read' });
}

/** Differs from what a policy-less object says about workloads: here even what every workload may do is refused. */
class AbsentAcl extends CompiledAcl {
  override allowVariableOperation(): boolean {
    return false;
  }

  override allowServiceRead(): boolean {
    return false;
  }
}

/** No object at all: every check is false. Absence never means "allowed". */
export const ABSENT_ACL: Acl = new AbsentAcl(NOTHING);
