import { realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { isControlFolder } from '../drivers/supervisor/control-folder.js';
import { clientError } from '../errors.js';

/** Finds paths in the folder of an allocation, and refuses those that lead out of it or to secrets. */
export class AllocationPath {
  readonly #folder: string;

  /** @param folder - that of the allocation */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * The real path of a file or folder.
   * @param path - from the folder of the allocation, with or without a slash in front
   * @throws ALLOC_PATH_REFUSED, ALLOC_FILE_NOT_FOUND
   */
  async resolve(path: string): Promise<string> {
    if (path.includes('\0')) throw refused(path, 'has a NUL in it');
    const wanted = join(this.#folder, path);
    this.#check(path, relative(this.#folder, wanted));
    const [root, real] = await Promise.all([this.#real(this.#folder, path), this.#real(wanted, path)]);
    // Where links lead to counts, too.
    this.#check(path, relative(root, real));
    return real;
  }

  /** Whether an entry of a folder is shown; that there is a secrets folder is no secret. @param path - of the entry, from the folder of the allocation */
  isShown(path: string): boolean {
    const [first = ''] = partsOf(relative(this.#folder, join(this.#folder, path)));
    return !isControlFolder(first);
  }

  #check(path: string, inside: string): void {
    const reason = refusal(partsOf(inside));
    if (reason !== undefined) throw refused(path, reason);
  }

  async #real(wanted: string, path: string): Promise<string> {
    try {
      return await realpath(wanted);
    } catch (error) {
      throw notFound(path, error);
    }
  }
}

const partsOf = (inside: string): readonly string[] => inside.split(sep);

/** Nomad: the secrets folder of a task is never read through the API. */
function refusal([first = '', second]: readonly string[]): string | undefined {
  if (first === '..') return "leads out of the allocation's folder";
  if (isControlFolder(first)) return 'belongs to the agent';
  return second === 'secrets' && first !== 'alloc' ? 'is in a secrets folder' : undefined;
}

const refused = (path: string, reason: string) =>
  clientError({ code: 'ALLOC_PATH_REFUSED', path }, `path ${JSON.stringify(path.slice(0, 200))} ${reason}`);

/** The error of a file that is not there. */
export const notFound = (path: string, cause?: unknown) =>
  clientError({ code: 'ALLOC_FILE_NOT_FOUND', path }, `no file ${JSON.stringify(path.slice(0, 200))}`, cause);
