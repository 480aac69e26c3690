import type { AclPolicy, JobAcl, Secret } from '@steppe/domain';
import { compareBytes } from '@steppe/domain';

/** Which task of which allocation somebody is, as a signed token says. */
export interface WorkloadIdentity extends JobAcl {
  readonly allocationId: string;
}

/** Port: checks the signed tokens that running tasks hold. */
export interface WorkloadVerifier {
  /**
   * Who holds a token, while its allocation lives.
   * @throws ACL_TOKEN_MALFORMED with what is wrong with it
   */
  verify(token: Secret): Promise<WorkloadIdentity>;
}

/** Whether a secret looks like a signed token at all: three parts. */
export const isSignedToken = (text: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);

/**
 * The policies that are attached to a task, its group, its job or its namespace, by name.
 * @see spec "Policy object" of ACL: JobACL
 */
export function policiesOfWorkload(workload: WorkloadIdentity, policies: Iterable<AclPolicy>): readonly AclPolicy[] {
  return [...policies]
    .filter(({ jobAcl }) => jobAcl !== undefined && isAttached(jobAcl, workload))
    .sort((a, b) => compareBytes(a.name, b.name));
}

function isAttached(to: JobAcl, workload: WorkloadIdentity): boolean {
  if (to.namespace === '' || to.namespace !== workload.namespace) return false;
  if (to.jobId === '') return true;
  if (to.jobId !== workload.jobId) return false;
  if (to.group === '') return true;
  return to.group === workload.group && (to.task === '' || to.task === workload.task);
}
