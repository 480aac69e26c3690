import type { AclPolicy } from '@steppe/domain';
import { errorMessage } from '@steppe/domain';
import { requestInvalid } from '../errors.js';
import { parsePolicy } from '../language/parse-policy.js';
import { hashPolicy } from './content-hash.js';
import { isTooLong, OBJECT_NAME, problemList } from './problems.js';

/** Everything that is wrong with a policy as it is to be written. */
export function policyProblems({ name, rules, description, jobAcl }: AclPolicy): readonly string[] {
  const problems: string[] = [];
  if (!OBJECT_NAME.test(name)) problems.push(`invalid name '${name}'`);
  try {
    parsePolicy(rules, { isStrict: true });
  } catch (error) {
    problems.push(`failed to parse rules: ${errorMessage(error)}`);
  }
  if (isTooLong(description)) problems.push('description longer than 256');
  if (jobAcl !== undefined) {
    if (jobAcl.jobId !== '' && jobAcl.namespace === '') problems.push('namespace must be set to set job ID');
    if (jobAcl.group !== '' && jobAcl.jobId === '') problems.push('job ID must be set to set group');
    if (jobAcl.task !== '' && jobAcl.group === '') problems.push('group must be set to set task');
  }
  return problems;
}

/**
 * A policy ready to be stored, whether it is new or takes the place of another of its name.
 * @throws ACL_REQUEST_INVALID listing every problem
 */
export function preparePolicy(input: AclPolicy, existing: AclPolicy | undefined): AclPolicy {
  const problems = policyProblems(input);
  if (problems.length > 0) throw requestInvalid(`policy 0 invalid: ${problemList(problems)}`);
  return { ...input, hash: hashPolicy(input), createIndex: existing?.createIndex ?? 0, modifyIndex: 0 };
}
