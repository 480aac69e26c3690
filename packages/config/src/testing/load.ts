import type { Interfaces } from '../addresses/address-template.js';
import { parseAgentFlags } from '../flags/agent-flags.js';
import type { ConfigFiles } from '../load/config-files.js';
import type { LoadedConfig } from '../load/load-agent-config.js';
import { loadAgentConfig } from '../load/load-agent-config.js';

/** Files in memory, by absolute path. A path is a folder when others lie below it. */
function memoryFiles(texts: Readonly<Record<string, string>>): ConfigFiles {
  const paths = Object.keys(texts);
  const missing = (path: string): Error => new Error(`open ${path}: no such file or directory`);
  return {
    readFile: (path) => {
      const text = texts[path];
      if (text === undefined) throw missing(path);
      return text;
    },
    listFiles: (folder) =>
      paths
        .filter((path) => path.startsWith(`${folder}/`))
        .map((path) => path.slice(folder.length + 1))
        .filter((name) => name !== '' && !name.includes('/')),
    isFolder: (path) => {
      if (paths.some((other) => other.startsWith(`${path}/`))) return true;
      if (texts[path] === undefined) throw missing(path);
      return false;
    },
  };
}

/** A machine with one private address. */
const MACHINE: Interfaces = () => [
  { interface: 'lo', address: '127.0.0.1', internal: true },
  { interface: 'eth0', address: '10.1.2.3', internal: false },
  { interface: 'eth1', address: '203.0.113.9', internal: false },
  { interface: 'eth0', address: 'fd00::3', internal: false },
];

export interface LoadSetting {
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly interfaces?: Interfaces;
}

/** Loads as the agent does: every file is given by `-config`, in order, unless `args` say more. */
export function load({ args = [], environment = {}, files = {}, interfaces = MACHINE }: LoadSetting): LoadedConfig {
  const given = Object.keys(files).map((path) => `-config=${path}`);
  const flags = parseAgentFlags(args.some((arg) => arg.startsWith('-config')) ? args : [...given, ...args]);
  return loadAgentConfig({ flags, environment }, { files: memoryFiles(files), interfaces, cpuCount: 4 });
}

/** A dev agent with one file. */
export const loadText = (text: string, file = '/x.hcl'): LoadedConfig =>
  load({ args: ['-dev'], files: { [file]: text } });
