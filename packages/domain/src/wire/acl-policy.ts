import type { AclPolicy, JobAcl } from '../acl/acl-policy.js';
import { WireFields, wireInvalid } from './wire-fields.js';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const encodeJobAcl = (jobAcl: JobAcl | undefined) =>
  jobAcl === undefined
    ? null
    : { Group: jobAcl.group, JobID: jobAcl.jobId, Namespace: jobAcl.namespace, Task: jobAcl.task };

/** A hash as Go writes bytes. */
export const encodeHash = (hash: string): string | null => (hash === '' ? null : hash);

/** One row of `GET /v1/acl/policies`. */
export function encodeAclPolicyStub(policy: AclPolicy) {
  return {
    CreateIndex: policy.createIndex,
    Description: policy.description,
    Hash: encodeHash(policy.hash),
    JobACL: encodeJobAcl(policy.jobAcl),
    ModifyIndex: policy.modifyIndex,
    Name: policy.name,
  };
}

/** `GET /v1/acl/policy/:name`. @param rulesJson - the rules as the policy language encodes them, `null` for none */
export function encodeAclPolicy(policy: AclPolicy, rulesJson: unknown = null) {
  return { ...encodeAclPolicyStub(policy), Rules: policy.rules, RulesJSON: rulesJson };
}

/** Reads what {@link encodeAclPolicy} writes, or a request's body; `RulesJSON` is ignored. @throws WIRE_INVALID */
export function decodeAclPolicy(value: unknown): AclPolicy {
  const fields = new WireFields('ACLPolicy', value);
  const jobAcl = fields.value('JobACL');
  const hash = fields.text('Hash');
  if (!BASE64.test(hash)) throw wireInvalid('illegal base64 data in ACLPolicy.Hash', 'ACLPolicy.Hash');
  return {
    name: fields.text('Name'),
    description: fields.text('Description'),
    rules: fields.text('Rules'),
    jobAcl: jobAcl === undefined ? undefined : decodeJobAcl(jobAcl),
    hash,
    createIndex: fields.index('CreateIndex'),
    modifyIndex: fields.index('ModifyIndex'),
  };
}

function decodeJobAcl(value: unknown): JobAcl {
  const fields = new WireFields('JobACL', value);
  return {
    namespace: fields.text('Namespace'),
    jobId: fields.text('JobID'),
    group: fields.text('Group'),
    task: fields.text('Task'),
  };
}
