/**
 * Nouns and pure rules of the cluster. No I/O, no clock, no dependencies: pleasant in a script.
 * @packageDocumentation
 */
export { SteppeError, isSteppeError, errorMessage } from './errors/steppe-error.js';
export type { ErrorDetail } from './errors/steppe-error.js';
export type { DomainError, DomainErrorDetail } from './errors/errors.js';

export { escapeHtml } from './values/escape-html.js';
export { parseGoDuration, formatGoDuration, nanosecondsToMs, msToNanoseconds } from './values/go-duration.js';
export { parseGoBool, parseGoInt, goQuote } from './values/go-text.js';
export { compareBytes } from './values/byte-order.js';
export { parseByteSize } from './values/byte-size.js';
export { isSecretName, redactUrlCredentials } from './values/redaction.js';
export { syntaxError as hclSyntaxError } from './hcl/document.js';
export { isJsonDocument, parseHcl } from './hcl/hcl-parser.js';
export type { JsonDocumentOptions } from './hcl/json-parser.js';
export type { HclEntry, HclObject, HclSyntaxDetail, HclValue, Position } from './hcl/document.js';
export { compilePattern } from './pattern/text-pattern.js';
export type { TextPattern } from './pattern/text-pattern.js';
export { formatRfc3339, parseRfc3339, ZERO_TIME_NS } from './values/rfc3339.js';
export { isUuid } from './values/uuid.js';
export { Secret, REDACTED } from './values/secret.js';
export { isSameDigest, secretDigest } from './values/secret-digest.js';

export { encodeMember, ZERO_MEMBER } from './member/member.js';
export type { Member, MemberStatus, MemberWire, ProtocolRange } from './member/member.js';

export type {
  DrainRecord,
  DrainStatus,
  DrainStrategy,
  DriverInfo,
  Node,
  NodeEvent,
  NodeNetwork,
  NodeRegistration,
  NodeResources,
  NodeStatus,
  ReservedResources,
  SchedulingEligibility,
} from './node/node.js';

export { SCHEDULER_TYPES, isSchedulerType } from './scheduling/scheduler-types.js';
export type { SchedulerType } from './scheduling/scheduler-types.js';

export { encodeJson, JsonSnapshot } from './wire/json.js';
export type { JsonEncodeOptions } from './wire/json.js';
export { encodeNode, encodeNodeResources, encodeNodeStub } from './wire/node.js';
export { encodeTimestamp } from './wire/timestamp.js';

export type { AclPolicy, JobAcl } from './acl/acl-policy.js';
export type { AclRole } from './acl/acl-role.js';
export type { AclToken, OneTimeToken, RoleLink } from './acl/acl-token.js';
export { decodeAclPolicy, encodeAclPolicy, encodeAclPolicyStub } from './wire/acl-policy.js';
export { decodeAclRole, encodeAclRole } from './wire/acl-role.js';
export {
  decodeAclToken,
  decodeOneTimeToken,
  encodeAclToken,
  encodeAclTokenStub,
  encodeOneTimeToken,
} from './wire/acl-token.js';
export { WireFields } from './wire/wire-fields.js';
