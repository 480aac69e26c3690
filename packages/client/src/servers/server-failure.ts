import { errorMessage } from '@steppe/domain';

/** Whether a server that does know its nodes does not know this one. */
export const isNodeNotFound = (error: unknown): boolean => errorMessage(error).includes('node not found');

/** Whether the region has no leader at the moment. */
export const isNoLeader = (error: unknown): boolean => errorMessage(error).includes('No cluster leader');
