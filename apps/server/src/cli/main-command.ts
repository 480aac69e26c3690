import type { CliIo } from './cli-io.js';
import { invoke } from './command.js';
import type { CommandEntry } from './commands.js';
import { COMMANDS } from './commands.js';

/** Exit code for a command nobody knows, as a shell has it for a program. */
const NOT_FOUND = 127;
const AGENT: Pick<CommandEntry, 'name' | 'synopsis'> = { name: 'agent', synopsis: 'run an agent in the foreground' };

/** Runs `steppe <argv>`. @returns the exit code */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const [first = '', second = ''] = argv;
  if (first === 'agent') return runAgent(argv.slice(1), io);
  if (/^(-v|--?version)$/.test(first)) return runCli(['version'], io);
  const entry = COMMANDS.find(({ name }) => name === `${first} ${second}` || name === first);
  if (entry !== undefined) {
    const words = entry.name.split(' ').length;
    return invoke(entry.name, await entry.load(), argv.slice(words), io);
  }
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${first} `));
  if (group.length > 0) {
    (isHelp(second) ? io.writeOut : io.writeError)(overview(`steppe ${first}`, group));
    return isHelp(second) ? 0 : 1;
  }
  if (isHelp(first)) {
    io.writeOut(overview('steppe', [AGENT, ...COMMANDS]));
    return 0;
  }
  if (first !== '') io.writeError(`unknown command: ${argv.join(' ')}\n\n`);
  io.writeError(overview('steppe', [AGENT, ...COMMANDS]));
  return NOT_FOUND;
}

const isHelp = (word: string): boolean => /^(help|--?h(elp)?)$/.test(word);

async function runAgent(words: readonly string[], io: CliIo): Promise<number> {
  if (!words.some(isHelp)) return io.runAgentCommand(words);
  const { agentHelp } = await import('./commands/agent.js');
  return invoke('agent', agentHelp, ['-help'], io);
}

function overview(program: string, entries: readonly Pick<CommandEntry, 'name' | 'synopsis'>[]): string {
  const width = Math.max(...entries.map(({ name }) => name.length));
  const lines = entries.map(({ name, synopsis }) => `    ${name.padEnd(width)}  ${synopsis}`);
  return `Usage: ${program} <command> [options]\n\nCommands:\n${lines.join('\n')}\n`;
}
