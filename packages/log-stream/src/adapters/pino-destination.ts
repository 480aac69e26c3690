import type { Logger, RecordLevel } from '@steppe/runtime';

/** Where pino writes its lines: the second argument of `pino(options, destination)`. */
export interface PinoDestination {
  write(line: string): void;
}

/** What stands in every line of pino and is the hub's own affair. */
const OWN_KEYS = new Set(['level', 'time', 'msg', 'name', 'pid', 'hostname', 'v']);
/** Numbers of pino's levels, from which on a record is of ours. */
const LEVELS: readonly (readonly [from: number, level: RecordLevel])[] = [
  [50, 'error'],
  [40, 'warn'],
  [30, 'info'],
  [20, 'debug'],
];

/**
 * A destination for pino, by which an application's own log joins the agent's. Levels become ours (fatal is error), a `name` a
 * logger below `logger`, an `err` its message, everything else fields. A line that is no JSON object is an info record as it is.
 * Pino drops what is below its own `level` before it comes here.
 */
export function pinoDestination(logger: Logger): PinoDestination {
  return {
    write: (line) => {
      const record = parsed(line);
      if (record === undefined) {
        logger.info(line.trimEnd());
        return;
      }
      const { level, msg, name } = record;
      const named = typeof name === 'string' && name !== '' ? logger.named(name) : logger;
      named[levelOf(level)](typeof msg === 'string' ? msg : '', fieldsOf(record));
    },
  };
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    // Applications write other things into their log, too.
    return undefined;
  }
}

/** Levels may be configured to be names. */
function levelOf(level: unknown): RecordLevel {
  if (typeof level === 'number') return LEVELS.find(([from]) => level >= from)?.[1] ?? 'trace';
  if (level === 'fatal') return 'error';
  return ['trace', 'debug', 'info', 'warn', 'error'].find((name): name is RecordLevel => name === level) ?? 'info';
}

const fieldsOf = (record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(record)
      .filter(([key]) => !OWN_KEYS.has(key))
      .map(([key, value]) => (key === 'err' ? ['error', messageOf(value)] : [key, value])),
  );

/** Pino writes errors out as objects. */
const messageOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
