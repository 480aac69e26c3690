import { errorMessage, goQuote, parseGoBool, parseGoDuration } from '@steppe/domain';
import { validateServiceName } from '@steppe/log-stream';
import type { LogLevel } from '@steppe/runtime';
import { parseLogLevel } from '@steppe/runtime';
import type { AgentName } from '../../http/answered-by.js';
import { apiError } from '../../http/api-error.js';
import type { Query } from '../../http/request/query.js';
import { targetQuery } from '../target-query.js';

const DEFAULT_SINCE = '72h';

/** The parameters of a live log, as the reference has them, checked in its order. */
export function parseMonitor(query: Query) {
  const level = parseLevel(query.get('log_level'));
  const json = parseOption(query, 'log_json', 'log json');
  const plain = parseOption(query, 'plain', 'plain');
  const location = parseOption(query, 'log_include_location', 'log_include_location');
  return { level, json, plain, location, target: parseTarget(query) };
}

/** The parameters of a past log. The order of these checks is the reference's. */
export function parseExport(query: Query) {
  const onDisk = parseExportOption(query, 'on_disk', 'on-disk');
  const follow = parseExportOption(query, 'follow', 'follow');
  const plain = parseExportOption(query, 'plain', 'plain');
  const sinceNanoseconds = parseSince(query.get('logs_since'));
  const target = parseTarget(query);
  const serviceName = query.get('service_name');
  if (onDisk && serviceName !== '') throw apiError('EXPORT_SOURCES_CONFLICT');
  if (!onDisk && serviceName === '') throw apiError('EXPORT_SOURCE_MISSING');
  if (onDisk && follow) throw apiError('EXPORT_FOLLOW_FILE');
  if (!onDisk) demandServiceName(serviceName);
  return {
    source: onDisk ? 'on_disk' : 'service_name',
    request: { serviceName, sinceNanoseconds, follow },
    plain,
    target,
  };
}

/** @throws TARGETS_CONFLICT */
export function parseTarget(query: Query): AgentName {
  const target = targetQuery(query);
  if (target.nodeId !== '' && target.serverId !== '') throw apiError('TARGETS_CONFLICT');
  return target;
}

/** A boolean that is false when it is absent or empty. @throws LOG_OPTION_INVALID */
export function parseOption(query: Query, name: string, label: string, fallback = false): boolean {
  const text = query.get(name);
  const value = text === '' ? fallback : parseGoBool(text);
  if (value === undefined) throw apiError('LOG_OPTION_INVALID', label, boolError(text));
  return value;
}

function parseLevel(text: string): LogLevel {
  if (text === '') return 'info';
  const level = parseLogLevel(text);
  if (level === undefined) throw apiError('LOG_LEVEL_UNKNOWN', text);
  return level;
}

const boolError = (text: string): string => `strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`;

function parseExportOption(query: Query, name: string, label: string): boolean {
  const text = query.get(name);
  const value = text === '' ? false : parseGoBool(text);
  if (value === undefined) {
    const reason = `Failed to parse value of "${name}" (${text}) as a bool: ${boolError(text)}`;
    throw apiError('EXPORT_OPTION_INVALID', label, reason);
  }
  return value;
}

function parseSince(text: string): bigint {
  try {
    return parseGoDuration(text === '' ? DEFAULT_SINCE : text);
  } catch (error) {
    throw apiError('EXPORT_OPTION_INVALID', 'logs-since', errorMessage(error));
  }
}

function demandServiceName(name: string): void {
  try {
    validateServiceName(name);
  } catch (error) {
    throw apiError('EXPORT_SERVICE_NAME_INVALID', errorMessage(error));
  }
}
