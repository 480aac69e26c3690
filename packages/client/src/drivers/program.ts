import { fileURLToPath } from 'node:url';

/**
 * The file of a program that runs beside the agent: in its folder of the package, or beside the chunks of a bundled app.
 * @param folder - of the package's `drivers`
 */
export function programFile(name: string, folder: string): string {
  const isBundle = import.meta.url.endsWith('.mjs');
  return fileURLToPath(new URL(isBundle ? `./${name}.mjs` : `./${folder}/${name}.js`, import.meta.url));
}
