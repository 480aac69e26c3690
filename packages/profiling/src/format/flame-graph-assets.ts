/** How the flame graph page looks. */
export const FLAME_GRAPH_STYLE = `
:root { color-scheme: light dark; font: 13px/1.4 system-ui, sans-serif; }
body { margin: 0 12px; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; padding: 8px 0; }
h1 { font-size: 15px; margin: 0 auto 0 0; }
#search { width: 22em; }
#graph { position: relative; overflow: hidden; }
#graph div { position: absolute; height: 18px; box-sizing: border-box; overflow: hidden; white-space: nowrap;
  text-overflow: ellipsis; padding: 0 3px; font-size: 11px; line-height: 17px; color: #111; cursor: pointer;
  border: 1px solid #fff8; border-radius: 2px; }
#graph div:hover { border-color: #000; }
#graph div.outer { opacity: 0.55; }
#graph div.match { background: #d3f !important; color: #fff; }
#details { display: block; min-height: 1.4em; padding: 6px 0; }
footer { color: #777; }
footer p { margin: 2px 0; }
`;

/**
 * What the flame graph page does, for any browser of the last years. The state of the view is the fragment of the address:
 * `#search=<text>&zoom=<numbers of the children on the way down>`.
 */
export const FLAME_GRAPH_SCRIPT = String.raw`
'use strict';
const { unit, compared, frames, root } = JSON.parse(document.getElementById('profile').textContent);
const ROW = 18;
const [graph, details, matched, search] = ['graph', 'details', 'matched', 'search'].map((id) => document.getElementById(id));
const state = { search: '', zoom: [] };

const amount = (value) => {
  const [size, unit_] = unit === 'bytes' ? [1048576, 'MiB'] : unit === 'nanoseconds' ? [1e9, 's'] : [1, unit];
  return size === 1 ? value + ' ' + unit_ : (value / size).toFixed(3) + ' ' + unit_;
};
const share = (value) => ((100 * value) / (root[1] || 1)).toFixed(2) + '%';
const title = ([frame]) => {
  const [name, file, line] = frames[frame];
  return file === '' ? name : name + ' ' + file + ':' + line;
};
const hue = (text) => {
  let hash = 0;
  for (const character of text) hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  return hash;
};
const colour = ([frame, value, growth]) => {
  if (compared) {
    const strength = value === 0 ? 0 : Math.min(1, Math.abs(growth) / value);
    return 'hsl(' + (growth < 0 ? 215 : 5) + ' 85% ' + (92 - 40 * strength) + '%)';
  }
  const [name, file] = frames[frame];
  const own = file !== '' && !file.startsWith('node:') && !file.includes('node_modules');
  return 'hsl(' + ((own ? 20 : 190) + (hue(file) % 30)) + ' 80% ' + (62 + (hue(name) % 12)) + '%)';
};
const matches = (node) => state.search !== '' && title(node).toLowerCase().includes(state.search.toLowerCase());

/** Value of the boxes that match, each counted once, however many of its callers match too. */
const matchedValue = (node) => (matches(node) ? node[1] : node[3].reduce((sum, child) => sum + matchedValue(child), 0));

const show = (node) => {
  const grown = compared ? ', ' + (node[2] < 0 ? '' : '+') + amount(node[2]) : '';
  details.textContent = title(node) + ' (' + share(node[1]) + ', ' + amount(node[1]) + grown + ')';
};

const draw = () => {
  const path = [root];
  for (const index of state.zoom) {
    const next = path.at(-1)[3][index];
    if (next === undefined) break;
    path.push(next);
  }
  const focus = path.at(-1);
  const width = graph.clientWidth || 1000;
  const boxes = document.createDocumentFragment();
  let depth = 0;
  const box = (node, way, left, wide, row, outer) => {
    depth = Math.max(depth, row + 1);
    const element = document.createElement('div');
    element.setAttribute('role', 'treeitem');
    element.textContent = wide > 25 ? frames[node[0]][0] : '';
    element.title = title(node);
    element.className = (matches(node) ? 'match' : '') + (outer ? ' outer' : '');
    Object.assign(element.style, {
      left: left + 'px', width: wide + 'px', top: row * ROW + 'px', background: colour(node),
    });
    element.onclick = () => go({ zoom: way });
    element.onmouseenter = () => show(node);
    boxes.append(element);
  };
  path.slice(0, -1).forEach((node, row) => box(node, state.zoom.slice(0, row), 0, width, row, true));
  const below = (node, way, left, scale, row) => {
    box(node, way, left, node[1] * scale, row, false);
    let at = left;
    node[3].forEach((child, index) => {
      if (child[1] * scale >= 0.5) below(child, [...way, index], at, scale, row + 1);
      at += child[1] * scale;
    });
  };
  below(focus, state.zoom.slice(0, path.length - 1), 0, width / (focus[1] || 1), path.length - 1);
  graph.replaceChildren(boxes);
  graph.style.height = depth * ROW + 'px';
  matched.textContent = state.search === '' ? '' : 'Matched: ' + share(matchedValue(root));
  show(focus);
};

const go = (change) => {
  Object.assign(state, change);
  const view = new URLSearchParams();
  if (state.search !== '') view.set('search', state.search);
  if (state.zoom.length > 0) view.set('zoom', state.zoom.join('.'));
  history.replaceState(null, '', '#' + view);
  draw();
};

const view = new URLSearchParams(location.hash.slice(1));
state.search = view.get('search') ?? '';
state.zoom = (view.get('zoom') ?? '').split('.').filter((part) => part !== '').map(Number);
search.value = state.search;
search.oninput = () => go({ search: search.value });
document.getElementById('reset').onclick = () => go({ zoom: [] });
addEventListener('resize', draw);
addEventListener('keydown', (event) => {
  if (event.key === '/' && document.activeElement !== search) {
    event.preventDefault();
    search.focus();
  } else if (event.key === 'Escape') go({ zoom: [], search: (search.value = '') });
});
draw();
`;
