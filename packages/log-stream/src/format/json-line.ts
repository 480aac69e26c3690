import type { LineFormat, LogRecord } from '../record/log-record.js';
import { encodeJsonValue, quoteJson, sortBytewise } from './json-value.js';
import type { LocalTime } from './local-time.js';

/**
 * The JSON form of a record, byte for byte that of hclog: one object, all keys sorted by bytes, the record's own keys
 * starting with `@`. A field of the same name replaces one of those; of two fields with one name the later counts.
 * @see spec "JSON line"
 */
export function jsonFormat(time: LocalTime): LineFormat {
  return (record, { location, sequence }) => {
    const members = ownMembers(record, time, location);
    try {
      const all = new Map(members);
      for (const [key, value] of record.implied) all.set(key, encodeJsonValue(value));
      for (const key in record.fields) all.set(key, encodeJsonValue(record.fields[key]));
      return encodeMembers(numbered(all, sequence));
    } catch {
      // Whatever the reason (also a `toJSON` that throws): a log call must not fail because of what is logged.
      members.set('@warn', '"logging contained values that don\'t serialize to json"');
      return encodeMembers(numbered(members, sequence));
    }
  };
}

function ownMembers(record: LogRecord, time: LocalTime, location: boolean): Map<string, string> {
  const members = new Map([
    ['@level', `"${record.level}"`],
    ['@message', quoteJson(record.message)],
    ['@timestamp', `"${time.json(record.time)}"`],
  ]);
  if (record.name !== '') members.set('@module', quoteJson(record.name));
  const position = location ? record.callSite?.position : undefined;
  if (position !== undefined) members.set('@caller', quoteJson(`${position.file}:${position.line}`));
  return members;
}

/** The number is the stream's and not the record's: no field can pass itself off as it, or as a report of a gap. */
function numbered(members: Map<string, string>, sequence: number | undefined): Map<string, string> {
  if (sequence === undefined) return members;
  members.delete('@gap');
  return members.set('@seq', `${sequence}`);
}

function encodeMembers(members: ReadonlyMap<string, string>): string {
  const body = sortBytewise([...members.keys()]).map((key) => `${quoteJson(key)}:${members.get(key)}`);
  return `{${body.join(',')}}\n`;
}
