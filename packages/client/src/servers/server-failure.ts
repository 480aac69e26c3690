import { errorMessage, isSteppeError } from '@steppe/domain';

/** Whether a server that does know its nodes does not know this one. */
export const isNodeNotFound = (error: unknown): boolean => errorMessage(error).includes('node not found');

/** Whether the region has no leader at the moment. */
export const isNoLeader = (error: unknown): boolean => errorMessage(error).includes('No cluster leader');

/** Whether there was no server that could have taken the request, so that another may be asked without asking twice. */
export const isUnsent = (error: unknown): boolean =>
  isSteppeError(error, 'RPC_PEER_REFUSED') ||
  (isSteppeError(error, 'RPC_UNREACHABLE') && 'wasSent' in error.detail && error.detail.wasSent === false);
