import { compareBytes, errorMessage, parseHcl } from '@steppe/domain';
import { join } from 'node:path';
import { configError } from '../errors.js';
import { AGENT_SCHEMA } from '../schema/agent-schema.js';
import { decodeDocument } from '../schema/decode.js';
import type { Layer } from '../schema/layer.js';
import type { ConfigFiles } from './config-files.js';

/** A file and the settings it mentions. */
export interface ConfigSource {
  readonly file: string;
  readonly layer: Layer;
}

export interface ReadSources {
  readonly sources: readonly ConfigSource[];
  readonly warnings: readonly string[];
}

/**
 * Reads files and folders in the order given. Of a folder, the `*.hcl` and `*.json` files directly inside count, in byte
 * order of their names, without editors' leftovers; one without any is a warning.
 * @throws CONFIG_UNREADABLE, CONFIG_FILE_INVALID naming path and file, the cause naming line and key
 */
export function readSources(paths: readonly string[], files: ConfigFiles): ReadSources {
  const warnings: string[] = [];
  const sources = paths.flatMap((path) => {
    const found = filesOf(path, files);
    if (found.length === 0) warnings.push(`No configuration loaded from ${path}`);
    return found.map((file) => ({ file, layer: readFile(path, file, files) }));
  });
  return { sources, warnings };
}

function filesOf(path: string, files: ConfigFiles): readonly string[] {
  try {
    if (!files.isFolder(path)) return [path];
    return files
      .listFiles(path)
      .filter((name) => /\.(hcl|json)$/.test(name) && !isLeftover(name))
      .toSorted(compareBytes)
      .map((name) => join(path, name));
  } catch (error) {
    throw configError(
      { code: 'CONFIG_UNREADABLE', path },
      `Error loading configuration from ${path}: ${errorMessage(error)}`,
      error,
    );
  }
}

/** Vim's `x~`, Emacs' `.#x` and `#x#`. */
const isLeftover = (name: string): boolean => name.endsWith('~') || name.startsWith('.#') || /^#.*#$/.test(name);

/** Editors on Windows put a byte order mark in front, which is no part of the language. */
const withoutMark = (text: string): string => (text.startsWith('\ufeff') ? text.slice(1) : text);

function readFile(path: string, file: string, files: ConfigFiles): Layer {
  try {
    return decodeDocument(parseHcl(withoutMark(files.readFile(file))), AGENT_SCHEMA, file);
  } catch (error) {
    const message = `Error loading configuration from ${path}: Error loading ${file}: ${errorMessage(error)}`;
    throw configError({ code: 'CONFIG_FILE_INVALID', path, file }, message, error);
  }
}
