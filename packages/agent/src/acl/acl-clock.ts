import type { Clock } from '@steppe/runtime';
import { msToNanoseconds } from '@steppe/domain';

/** The moment as tokens have it, Unix nanoseconds. */
export const nowNs = (clock: Clock): bigint => msToNanoseconds(clock.now());
