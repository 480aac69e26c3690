import type { StackProfile } from '../stack/stack-profile.js';
import { encodePprof } from '../stack/pprof-encoder.js';
import { profilingError } from '../errors.js';
import { collapsedStacks } from './collapsed-stacks.js';
import { flameGraphPage } from './flame-graph-page.js';
import { speedscopeFile } from './speedscope-file.js';

/** Forms a profile can be had in. `cpuprofile` is a CPU profile of the main thread alone, with its order in time. */
export const PROFILE_FORMATS = ['pprof', 'collapsed', 'cpuprofile', 'html', 'speedscope'] as const;
export type ProfileFormat = (typeof PROFILE_FORMATS)[number];

/** What any profile can be turned into. */
export type StackFormat = Exclude<ProfileFormat, 'cpuprofile'>;

/** A formatted profile: the bytes, what they are, and a name for saving. */
export interface FormattedProfile {
  readonly bytes: Uint8Array;
  /** `binary` is `application/octet-stream`, `text` is `text/plain; charset=utf-8`, `html` a page of its own. */
  readonly contentKind: 'binary' | 'text' | 'html';
  /** Binary results have one. */
  readonly filename?: string;
}

/** A format by its name. @throws PROFILE_FORMAT_INVALID naming the value and what there is */
export function parseProfileFormat(text: string): ProfileFormat {
  const format = PROFILE_FORMATS.find((each) => each === text);
  if (format !== undefined) return format;
  const message = `invalid format "${text}": it must be one of ${PROFILE_FORMATS.join(', ')}`;
  throw profilingError({ code: 'PROFILE_FORMAT_INVALID', format: text }, message);
}

/** @param name - of the profile, such as `heap`: what the result is called */
export async function formatProfile(
  profile: StackProfile,
  format: StackFormat,
  name: string,
): Promise<FormattedProfile> {
  switch (format) {
    case 'pprof':
      return { bytes: await encodePprof(profile), contentKind: 'binary', filename: name };
    case 'collapsed':
      return { bytes: Buffer.from(collapsedStacks(profile)), contentKind: 'text' };
    case 'speedscope':
      return {
        bytes: Buffer.from(JSON.stringify(speedscopeFile(profile, name))),
        contentKind: 'binary',
        filename: `${name}.speedscope.json`,
      };
    case 'html':
      return { bytes: Buffer.from(flameGraphPage(profile, name)), contentKind: 'html' };
  }
}
