import type { CliIo } from '../cli-io.js';

/** Of a terminal, by level. */
const COLOURS: Readonly<Record<string, string>> = {
  TRACE: '\u001b[90m',
  DEBUG: '\u001b[36m',
  INFO: '\u001b[32m',
  WARN: '\u001b[33m',
  ERROR: '\u001b[31m',
};
const RESET = '\u001b[0m';
/** Where a log line names its level: behind its time, and behind its origin if that is told. */
const LEVEL = /^((?:\[[^\]\n]*\] )?\d{4}-\S+ )\[(TRACE|DEBUG|INFO|WARN|ERROR)\]/gm;

interface ColourFlags {
  readonly 'no-color'?: boolean | undefined;
  readonly 'force-color'?: boolean | undefined;
}

/** Whether to colour: as flags say, else as the variables `NOMAD_CLI_…` and `NO_COLOR` say, else on a terminal only. */
export function wantsColour(
  flags: ColourFlags,
  { environment, isTerminal }: Pick<CliIo, 'environment' | 'isTerminal'>,
) {
  const isSet = (name: string): boolean => (environment[name] ?? '') !== '';
  if (flags['no-color'] === true) return false;
  if (flags['force-color'] === true) return true;
  if (isSet('NOMAD_CLI_NO_COLOR') || isSet('NO_COLOR')) return false;
  return isSet('NOMAD_CLI_FORCE_COLOR') || isTerminal;
}

/** Log lines with their levels in colour; all other bytes stay what they are. A level that is cut in two stays plain. */
export function withLevelColours(lines: Uint8Array): Uint8Array {
  // A character per byte, so that a text cut within a character comes through whole.
  const text = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength).toString('latin1');
  return Buffer.from(
    text.replace(LEVEL, (_, before: string, level: string) => `${before}${COLOURS[level]}[${level}]${RESET}`),
    'latin1',
  );
}
