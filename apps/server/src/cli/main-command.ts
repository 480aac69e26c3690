import type { CliIo } from './cli-io.js';
import { invoke } from './command.js';
import type { CommandEntry } from './commands.js';
import { COMMANDS } from './commands.js';

/** Exit code for a command nobody knows, as a shell has it for a program. */
const NOT_FOUND = 127;
const AGENT: Pick<CommandEntry, 'name' | 'synopsis'> = { name: 'agent', synopsis: 'run an agent in the foreground' };

/** Runs `steppe <argv>`. @returns the exit code */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const [first = ''] = argv;
  if (first === 'agent') return runAgent(argv.slice(1), io);
  if (/^(-v|--?version)$/.test(first)) return runCli(['version'], io);
  const entry = COMMANDS.find(({ name }) => startsWith(argv, name));
  if (entry !== undefined) {
    const words = entry.name.split(' ').length;
    return invoke(entry.name, await entry.load(), argv.slice(words), io);
  }
  const group = groupOf(argv);
  if (group !== undefined) {
    const wantsHelp = isHelp(argv[group.words] ?? '');
    (wantsHelp ? io.writeOut : io.writeError)(
      overview(`steppe ${argv.slice(0, group.words).join(' ')}`, group.entries),
    );
    return wantsHelp ? 0 : 1;
  }
  if (isHelp(first)) {
    io.writeOut(overview('steppe', [AGENT, ...COMMANDS]));
    return 0;
  }
  if (first !== '') io.writeError(`unknown command: ${argv.join(' ')}\n\n`);
  io.writeError(overview('steppe', [AGENT, ...COMMANDS]));
  return NOT_FOUND;
}

const startsWith = (argv: readonly string[], name: string): boolean =>
  name.split(' ').every((word, i) => argv[i] === word);

/** The commands that share the longest run of leading words with `argv`. */
function groupOf(argv: readonly string[]) {
  for (let words = argv.length; words > 0; words -= 1) {
    const prefix = `${argv.slice(0, words).join(' ')} `;
    const entries = COMMANDS.filter(({ name }) => name.startsWith(prefix));
    if (entries.length > 0) return { words, entries };
  }
  return undefined;
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
