import type { LogLevel } from '@steppe/runtime';
import { LOG_LEVELS } from '@steppe/runtime';

const RANKS = Object.fromEntries(LOG_LEVELS.map((level, rank) => [level, rank])) as Readonly<Record<LogLevel, number>>;

/** A level as a number: trace 0, then upwards; a record passes a threshold when its rank is not below the threshold's. */
export const rankOf = (level: LogLevel): number => RANKS[level];

/** Above every record: the threshold of nobody. */
export const NOBODY = RANKS.off;
