import { expect, test } from '@jest/globals';
import { escapeHtml } from './escape-html.js';

test('nothing in the text can begin or end a tag, an attribute or an entity', () => {
  expect(escapeHtml(`<a href="x" title='y'>&amp;</a>`)).toBe(
    '&lt;a href=&#34;x&#34; title=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;',
  );
  expect(escapeHtml('plain ümlaut')).toBe('plain ümlaut');
});
