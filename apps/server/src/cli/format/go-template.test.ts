import { describe, expect, test } from '@jest/globals';
import { renderGoTemplate } from './go-template.js';

const members = [
  { Name: 'a.global', Port: 4648, Tags: { role: 'nomad', region: 'global' }, Leader: true },
  { Name: 'b.global', Port: 4649, Tags: {}, Leader: false },
];

describe('renderGoTemplate', () => {
  test.each([
    ['plain text', 'plain text'],
    ['{{len .}}', '2'],
    ['{{range .}}{{.Name}} {{end}}', 'a.global b.global '],
    ['{{range $i, $m := .}}{{$i}}={{$m.Port}};{{end}}', '0=4648;1=4649;'],
    ['{{range .}}{{if .Leader}}{{.Name}}{{else}}-{{end}}{{end}}', 'a.global-'],
    ['{{range .}}{{if eq .Port 1}}one{{else if eq .Port 4649}}second{{else}}other{{end}} {{end}}', 'other second '],
    ['{{range .}}{{with .Tags}}{{.role}}{{else}}none{{end}} {{end}}', 'nomad none '],
    ['{{(index . 0).Name}}', 'a.global'],
    ['{{index (index . 0).Tags "region"}}', 'global'],
    ['{{range .}}  {{- .Port -}}  {{end}}', '46484649'],
    ['{{printf "%-10s|%5d|%q" (index . 0).Name 42 "x"}}', 'a.global  |   42|"x"'],
    ['{{(index . 0).Name | printf "<%s>"}}', '<a.global>'],
    ['{{/* nothing */}}x', 'x'],
    ['{{$x := len .}}{{$x}}{{range .}}{{$.}}{{end}}'.replace('{{$.}}', '{{len $}}'), '222'],
    ['{{and true (gt (len .) 1)}} {{or 0 "b"}} {{not .}}', 'true b false'],
    ['{{(index . 0).Tags}}', 'map[region:global role:nomad]'],
    ['{{"}}"}}', '}}'],
  ])('%s', (template, text) => {
    expect(renderGoTemplate(template, members)).toBe(text);
  });

  test.each([
    ['{{range .}}', 'template:1: missing {{end}}'],
    ['a\n{{.Name', 'template:2: unclosed action'],
    ['{{frobnicate 1}}', 'template:1: function "frobnicate" not defined'],
    ['{{end}}', 'template:1: unexpected {{end}}'],
    ['{{(len .}}', 'template:1: missing )'],
    ['{{range .}}{{.Nope}}{{end}}', "template: can't evaluate field Nope"],
    ['{{$nope}}', 'template: undefined variable "$nope"'],
    ['{{. .}}', 'template:1: only a function takes arguments'],
  ])('refuses %j', (template, message) => {
    expect(() => renderGoTemplate(template, members)).toThrow(message);
  });
});
