import type { RecordLevel } from '@steppe/runtime';
import type { LineFormat, LogRecord } from '../record/log-record.js';
import type { LocalTime } from './local-time.js';
import { textField } from './text-value.js';

/** Seven columns each. */
const LEVELS: Readonly<Record<RecordLevel, string>> = {
  trace: '[TRACE]',
  debug: '[DEBUG]',
  info: '[INFO] ',
  warn: '[WARN] ',
  error: '[ERROR]',
};

/**
 * The text form of a record, byte for byte that of hclog:
 * `2031-05-06T07:08:09.123Z [WARN]  nomad.raft: heartbeat late: peer=10.0.0.7:4647 reason="queue full"`.
 * The message is written as it is; only values are quoted.
 * @see spec "Text line grammar (hclog)"
 */
export function textFormat(time: LocalTime): LineFormat {
  return (record, { location }) => {
    let line = `${time.text(record.time)} ${LEVELS[record.level]} `;
    if (location) line += caller(record);
    line += record.name;
    if (record.message !== '') line += record.name === '' ? record.message : `: ${record.message}`;
    const fields = textFields(record);
    return fields === '' ? `${line}\n` : `${line}:${fields}\n`;
  };
}

function textFields({ implied, fields }: LogRecord): string {
  let text = '';
  for (const [key, value] of implied) text += textField(key, value);
  for (const key in fields) text += textField(key, fields[key]);
  return text;
}

/** `dir/file.ts:12: `, the last two parts of the path. */
function caller({ callSite }: LogRecord): string {
  const position = callSite?.position;
  if (position === undefined) return '';
  const short = position.file.split(/[/\\]/).slice(-2).join('/');
  return `${short}:${position.line}: `;
}
