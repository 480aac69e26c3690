import { escapeHtml } from '@steppe/domain';
import { scaledTo } from '../compare/profile-difference.js';
import type { StackProfile } from '../stack/stack-profile.js';
import { FLAME_GRAPH_SCRIPT, FLAME_GRAPH_STYLE } from './flame-graph-assets.js';
import { flameTree } from './flame-tree.js';
import { shownTypeOf } from './shown-stack.js';

/**
 * A page of its own, without anything to load: the flame graph of a profile, with search, zoom and a way back. What is
 * searched for and how far it is zoomed stand in the page's address, so a view can be passed on.
 * @param base - a profile to compare with, as if it had taken as long: boxes that grew are red, those that shrank blue
 */
export function flameGraphPage(profile: StackProfile, name: string, base?: StackProfile): string {
  const { type, unit } = profile.sampleTypes[shownTypeOf(profile)] ?? { type: '', unit: 'count' };
  const { frames, root, hidden } = flameTree(profile, base && scaledTo(base, profile));
  const data = {
    unit,
    compared: base !== undefined,
    frames: frames.map(({ functionName, file, line }) => [functionName, file, line]),
    root,
  };
  const seconds = profile.durationMs === 0 ? '' : ` over ${(profile.durationMs / 1_000).toFixed(1)} s`;
  const notes = [...profile.comments, ...(hidden === 0 ? [] : [`${hidden} stacks too small to be seen are left out`])];
  const title = `${name}: ${type}${seconds}, ${new Date(profile.timeMs).toISOString()}`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${FLAME_GRAPH_STYLE}</style>
<header>
<h1>${escapeHtml(title)}</h1>
<input id="search" type="search" placeholder="Search functions and files ( / )" aria-label="Search">
<button id="reset" type="button">Reset zoom</button>
<output id="matched"></output>
</header>
<div id="graph" role="tree"></div>
<output id="details"></output>
<footer>${notes.map((note) => `<p>${escapeHtml(note)}</p>`).join('')}</footer>
<script type="application/json" id="profile">${escapeScript(JSON.stringify(data))}</script>
<script>${FLAME_GRAPH_SCRIPT}</script>
</html>
`;
}

/** Names come from whatever runs in the process: none may end the element they stand in. */
const escapeScript = (json: string): string => json.replaceAll('<', String.raw`\u003c`);
