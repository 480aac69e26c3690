/**
 * What this build calls itself. Stock clients compare versions with the releases of the API they know, so the version is
 * that of the API spoken, and our own stands behind it as build metadata.
 */
export const BUILD = {
  /** Version of Steppe. */
  steppeVersion: '0.1.0',
  /** The Nomad release whose API this build answers. */
  apiVersion: '2.0.6',
  metadata: 'steppe.0.1.0',
  /** What the `build` tag and the `nomad.version` attribute carry. */
  fullVersion: '2.0.6+steppe.0.1.0',
} as const;
