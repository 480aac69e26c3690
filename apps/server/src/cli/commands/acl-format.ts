import { formatColumns, formatKeyValues } from '../format/columns.js';
import type { AclPolicyWire, AclRoleWire, AclTokenWire } from './acl-wire.js';

const MANAGEMENT = 'management';
const orNone = (text: string): string => (text === '' ? '<none>' : text);

/** One token, field by field. */
export function tokenDetails(token: AclTokenWire): string {
  const rights = (names: readonly string[]): string => (token.Type === MANAGEMENT ? 'n/a' : orNone(names.join(', ')));
  return `${formatKeyValues([
    ['Accessor ID', token.AccessorID],
    ['Secret ID', token.SecretID ?? ''],
    ['Name', token.Name],
    ['Type', token.Type],
    ['Global', `${token.Global}`],
    ['Create Time', token.CreateTime],
    ['Expiry Time', orNone(token.ExpirationTime ?? '')],
    ['Create Index', `${token.CreateIndex}`],
    ['Modify Index', `${token.ModifyIndex}`],
    ['Policies', rights(token.Policies ?? [])],
    ['Roles', rights((token.Roles ?? []).map(({ ID, Name }) => orNone(Name === '' ? ID : Name)))],
  ])}\n`;
}

/** @param nowMs - Unix milliseconds, for who has expired */
export function tokenTable(tokens: readonly AclTokenWire[], nowMs: number): string {
  if (tokens.length === 0) return 'No tokens found\n';
  return `${formatColumns([
    ['Name', 'Type', 'Global', 'Accessor ID', 'Expired'],
    ...tokens.map(({ Name, Type, Global, AccessorID, ExpirationTime }) => [
      orNone(Name),
      Type,
      `${Global}`,
      AccessorID,
      `${ExpirationTime !== null && Date.parse(ExpirationTime) < nowMs}`,
    ]),
  ])}\n`;
}

export function policyTable(policies: readonly AclPolicyWire[]): string {
  return `${formatColumns([
    ['Name', 'Description'],
    ...policies.map(({ Name, Description }) => [Name, orNone(Description)]),
  ])}\n`;
}

/** One policy, its rules at the end. */
export function policyDetails(policy: AclPolicyWire): string {
  const { JobACL: job } = policy;
  const attached =
    job === null
      ? []
      : ([
          ['Namespace', orNone(job.Namespace)],
          ['Job', orNone(job.JobID)],
          ['Group', orNone(job.Group)],
          ['Task', orNone(job.Task)],
        ] as const);
  const summary = formatKeyValues([
    ['Name', policy.Name],
    ['Description', orNone(policy.Description)],
    ['CreateIndex', `${policy.CreateIndex}`],
    ['ModifyIndex', `${policy.ModifyIndex}`],
  ]);
  const association = attached.length === 0 ? '' : `\nAssociated Workload\n${formatKeyValues(attached)}\n`;
  return `${summary}\n${association}\nRules\n\n${policy.Rules ?? ''}\n`;
}

export function roleTable(roles: readonly AclRoleWire[]): string {
  if (roles.length === 0) return 'No ACL roles found\n';
  return `${formatColumns([
    ['ID', 'Name', 'Description', 'Policies'],
    ...roles.map((role) => [role.ID, role.Name, orNone(role.Description), policyNames(role)]),
  ])}\n`;
}

export function roleDetails(role: AclRoleWire): string {
  return `${formatKeyValues([
    ['ID', role.ID],
    ['Name', role.Name],
    ['Description', orNone(role.Description)],
    ['Policies', policyNames(role)],
    ['Create Index', `${role.CreateIndex}`],
    ['Modify Index', `${role.ModifyIndex}`],
  ])}\n`;
}

const policyNames = ({ Policies }: AclRoleWire): string => orNone((Policies ?? []).map(({ Name }) => Name).join(','));
