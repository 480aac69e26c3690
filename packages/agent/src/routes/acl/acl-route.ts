import type { ResolvedCaller } from '@steppe/acl';
import { isSteppeError } from '@steppe/domain';
import type { AclRule } from '../../http/acl-rule.js';
import { apiError } from '../../http/api-error.js';
import type { ApiRequest } from '../../http/request/api-request.js';
import type { AnyHttpRoute, HttpRoute } from '../../http/route.js';
import { defineRoute } from '../../http/route.js';

/** Only management tokens; whatever is wrong with another, it is `Permission denied`. */
export const MANAGEMENT_DENIED: AclRule = { requires: ['Mgmt'], tokenErrors: 'denied' };

/** Routes of the ACL system know whether there is one. */
export interface AclRouteContext {
  readonly aclEnabled: boolean;
}

/** A route that is there only while ACLs are on: that is looked at before the caller is. */
export function defineAclRoute(
  { aclEnabled }: AclRouteContext,
  route: Omit<HttpRoute, 'parameters' | 'validateFirst' | 'commonParameters'>,
): AnyHttpRoute {
  return defineRoute({
    ...route,
    commonParameters: true,
    validateFirst: true,
    parameters: () => {
      if (!aclEnabled) throw apiError('ACL_DISABLED');
    },
  });
}

/** Who asks; a credential that is no good is `Permission denied`, whatever is wrong with it. */
export async function knownCaller(request: ApiRequest): Promise<ResolvedCaller> {
  try {
    return await request.caller();
  } catch (error) {
    if (isCredentialError(error)) throw apiError('PERMISSION_DENIED');
    throw error;
  }
}

/** Nomad: reads of tokens tell what is wrong with a credential, as a failure of the server; an unknown one is denied. */
export async function lookedUpCaller(request: ApiRequest): Promise<ResolvedCaller> {
  try {
    return await request.caller();
  } catch (error) {
    if (isSteppeError(error, 'ACL_TOKEN_EXPIRED') || isSteppeError(error, 'ACL_TOKEN_MALFORMED')) {
      throw apiError('ACL_TOKEN_UNUSABLE', error.message);
    }
    if (isCredentialError(error)) throw apiError('PERMISSION_DENIED');
    throw error;
  }
}

const CREDENTIAL_ERRORS = ['ACL_PERMISSION_DENIED', 'ACL_TOKEN_NOT_FOUND', 'ACL_TOKEN_EXPIRED', 'ACL_TOKEN_MALFORMED'];

const isCredentialError = (error: unknown): boolean => CREDENTIAL_ERRORS.some((code) => isSteppeError(error, code));

/** The answer to a write that has nothing to say. */
export const writeHeaders = (index: number): Readonly<Record<string, string>> => ({ 'X-Nomad-Index': `${index}` });
