/** A row of `GET /v1/acl/tokens`, and a token in full. */
export interface AclTokenWire {
  readonly AccessorID: string;
  readonly SecretID?: string;
  readonly Name: string;
  readonly Type: string;
  readonly Policies: readonly string[] | null;
  readonly Roles: readonly { readonly ID: string; readonly Name: string }[] | null;
  readonly Global: boolean;
  readonly CreateTime: string;
  readonly ExpirationTime: string | null;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

export interface AclPolicyWire {
  readonly Name: string;
  readonly Description: string;
  readonly Rules?: string;
  readonly JobACL: {
    readonly Namespace: string;
    readonly JobID: string;
    readonly Group: string;
    readonly Task: string;
  } | null;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

export interface AclRoleWire {
  readonly ID: string;
  readonly Name: string;
  readonly Description: string;
  readonly Policies: readonly { readonly Name: string }[] | null;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}
