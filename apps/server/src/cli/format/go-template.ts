import { goQuote } from '@steppe/domain';

/**
 * The part of Go's `text/template` that formatting an API reply needs: fields, variables, pipelines, `if`, `range`,
 * `with`, trimming, and the built-in functions on numbers, texts, lists and maps.
 * @param data - a decoded JSON value; fields are its keys
 * @throws an `Error` naming what the template does wrong, with its line
 */
export function renderGoTemplate(template: string, data: unknown): string {
  const nodes = new TemplateParser(tokenize(template)).parse();
  return evaluateAll(nodes, data, new Map([['$', data]]));
}

type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly text: string; readonly line: number };

type Expression =
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'field'; readonly of: Expression | undefined; readonly names: readonly string[] }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] };

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly value: Expression }
  | { readonly kind: 'assign'; readonly name: string; readonly value: Expression }
  | {
      readonly kind: 'if' | 'with';
      readonly condition: Expression;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | {
      readonly kind: 'range';
      readonly names: readonly string[];
      readonly over: Expression;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    };

interface Scope {
  readonly dot: unknown;
  /** An assignment changes the block it stands in. */
  readonly variables: Map<string, unknown>;
}

const fail = (line: number, problem: string): Error => new Error(`template:${line}: ${problem}`);

function tokenize(template: string): readonly Token[] {
  const tokens: Token[] = [];
  let rest = template;
  let line = 1;
  let trimNext = false;
  while (rest !== '') {
    const start = rest.indexOf('{{');
    let text = start === -1 ? rest : rest.slice(0, start);
    line += text.split('\n').length - 1;
    if (trimNext) text = text.trimStart();
    if (start === -1) {
      tokens.push({ kind: 'text', text });
      return tokens;
    }
    const action = /^\{\{(- )?((?:"(?:\\.|[^"\\])*"|`[^`]*`|(?! -\}\}|\}\})[^])*)( -)?\}\}/.exec(rest.slice(start));
    if (action === null) throw fail(line, 'unclosed action');
    tokens.push({ kind: 'text', text: action[1] === undefined ? text : text.trimEnd() });
    const body = (action[2] ?? '').trim();
    if (!body.startsWith('/*')) tokens.push({ kind: 'action', text: body, line });
    trimNext = action[3] !== undefined;
    line += action[0].split('\n').length - 1;
    rest = rest.slice(start + action[0].length);
  }
  return tokens;
}

class TemplateParser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): readonly Node[] {
    const { nodes, end, line } = this.#block();
    if (end !== '') throw fail(line, `unexpected {{${end}}}`);
    return nodes;
  }

  /** Nodes up to the `end` or `else` that closes the block, or to the end of the template. */
  #block(): { readonly nodes: readonly Node[]; readonly end: string; readonly line: number } {
    const nodes: Node[] = [];
    while (this.#at < this.#tokens.length) {
      const token = this.#tokens[this.#at] as Token;
      this.#at += 1;
      if (token.kind === 'text') nodes.push(token);
      else if (/^(end|else)\b/.test(token.text)) return { nodes, end: token.text, line: token.line };
      else nodes.push(this.#action(token.text, token.line));
    }
    return { nodes, end: '', line: 0 };
  }

  #action(text: string, line: number): Node {
    const control = /^(if|with|range)\s+([^]+)$/.exec(text);
    if (control === null) {
      const assignment = /^(\$\w*)\s*:?=\s*([^]+)$/.exec(text);
      if (assignment !== null)
        return { kind: 'assign', name: assignment[1] ?? '', value: parseExpression(assignment[2] ?? '', line) };
      return { kind: 'print', value: parseExpression(text, line) };
    }
    const kind = control[1] as 'if' | 'with' | 'range';
    const head = control[2] ?? '';
    const { nodes: body, end, line: endLine } = this.#block();
    const otherwise = this.#otherwise(end, endLine, line);
    if (kind !== 'range') return { kind, condition: parseExpression(head, line), body, otherwise };
    const loop = /^((?:\$\w+\s*,\s*)?\$\w+)\s*:=\s*([^]+)$/.exec(head);
    const names = loop === null ? [] : (loop[1] ?? '').split(',').map((name) => name.trim());
    return { kind, names, over: parseExpression(loop?.[2] ?? head, line), body, otherwise };
  }

  #otherwise(end: string, endLine: number, line: number): readonly Node[] {
    if (end === 'end') return [];
    if (end === '') throw fail(line, 'missing {{end}}');
    const chained = /^else\s+((?:if|with)\s[^]+)$/.exec(end);
    if (chained !== null) return [this.#action(chained[1] ?? '', endLine)];
    const { nodes, end: closing, line: closingLine } = this.#block();
    if (closing !== 'end') throw fail(closingLine || line, 'missing {{end}}');
    return nodes;
  }
}

const LEXEME = /\s*("(?:\\.|[^"\\])*"|`[^`]*`|-?\d+(?:\.\d+)?|\$\w*(?:\.\w+)*|(?:\.\w+)+|\.|[A-Za-z_]\w*|[()|])/y;

function parseExpression(text: string, line: number): Expression {
  const lexemes: string[] = [];
  LEXEME.lastIndex = 0;
  while (LEXEME.lastIndex < text.trimEnd().length) {
    const at = LEXEME.lastIndex;
    const match = LEXEME.exec(text);
    if (match === null) throw fail(line, `cannot read ${goQuote(text.slice(at).trim())}`);
    lexemes.push(match[1] ?? '');
  }
  let at = 0;

  const operand = (): Expression => {
    const lexeme = lexemes[at] ?? '';
    at += 1;
    if (lexeme === '(') {
      const inner = pipeline();
      if (lexemes[at] !== ')') throw fail(line, 'missing )');
      at += 1;
      if (!/^(\.\w+)+$/.test(lexemes[at] ?? '')) return inner;
      return { kind: 'field', of: inner, names: (lexemes[at++] ?? '').slice(1).split('.') };
    }
    if (lexeme.startsWith('"')) return { kind: 'literal', value: JSON.parse(lexeme) };
    if (lexeme.startsWith('`')) return { kind: 'literal', value: lexeme.slice(1, -1) };
    if (/^-?\d/.test(lexeme)) return { kind: 'literal', value: Number(lexeme) };
    if (lexeme === '.') return { kind: 'field', of: undefined, names: [] };
    if (lexeme.startsWith('.')) return { kind: 'field', of: undefined, names: lexeme.slice(1).split('.') };
    if (lexeme.startsWith('$')) {
      const [name = '$', ...names] = lexeme.split('.');
      const variable: Expression = { kind: 'variable', name };
      return names.length === 0 ? variable : { kind: 'field', of: variable, names };
    }
    if (lexeme === 'true' || lexeme === 'false') return { kind: 'literal', value: lexeme === 'true' };
    if (lexeme === 'nil') return { kind: 'literal', value: null };
    if (Object.hasOwn(FUNCTIONS, lexeme)) return { kind: 'call', name: lexeme, args: [] };
    throw fail(line, lexeme === '' ? 'missing value' : `function ${goQuote(lexeme)} not defined`);
  };

  const command = (piped: Expression | undefined): Expression => {
    const first = operand();
    const args: Expression[] = [];
    while (at < lexemes.length && lexemes[at] !== '|' && lexemes[at] !== ')') args.push(operand());
    if (piped !== undefined) args.push(piped);
    if (first.kind === 'call') return { ...first, args };
    if (args.length > 0) throw fail(line, 'only a function takes arguments');
    return first;
  };

  function pipeline(): Expression {
    let value = command(undefined);
    while (lexemes[at] === '|') {
      at += 1;
      value = command(value);
    }
    return value;
  }

  const expression = pipeline();
  if (at < lexemes.length) throw fail(line, `unexpected ${goQuote(lexemes[at] ?? '')}`);
  return expression;
}

function evaluate(node: Node, scope: Scope): string {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'print':
      return printValue(valueOf(node.value, scope));
    case 'assign':
      scope.variables.set(node.name, valueOf(node.value, scope));
      return '';
    case 'if':
    case 'with': {
      const value = valueOf(node.condition, scope);
      const dot = node.kind === 'with' && isTrue(value) ? value : scope.dot;
      return evaluateAll(isTrue(value) ? node.body : node.otherwise, dot, scope.variables);
    }
    case 'range': {
      const over = valueOf(node.over, scope);
      const entries = rangeEntries(over);
      if (entries.length === 0) return evaluateAll(node.otherwise, scope.dot, scope.variables);
      return entries
        .map(([key, value]) => {
          const variables = new Map(scope.variables);
          if (node.names.length === 1) variables.set(node.names[0] ?? '', value);
          if (node.names.length === 2) variables.set(node.names[0] ?? '', key).set(node.names[1] ?? '', value);
          return evaluateAll(node.body, value, variables);
        })
        .join('');
    }
  }
}

function evaluateAll(nodes: readonly Node[], dot: unknown, variables: ReadonlyMap<string, unknown>): string {
  const scope = { dot, variables: new Map(variables) };
  return nodes.map((node) => evaluate(node, scope)).join('');
}

/** Lists by position, maps in order of their keys. */
function rangeEntries(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (Array.isArray(value)) return value.map((item, index) => [index, item]);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function valueOf(expression: Expression, scope: Scope): unknown {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'variable':
      if (!scope.variables.has(expression.name))
        throw new Error(`template: undefined variable ${goQuote(expression.name)}`);
      return scope.variables.get(expression.name);
    case 'field':
      return fieldOf(expression.of === undefined ? scope.dot : valueOf(expression.of, scope), expression.names);
    case 'call':
      return FUNCTIONS[expression.name]?.(...expression.args.map((argument) => valueOf(argument, scope)));
  }
}

function fieldOf(value: unknown, names: readonly string[]): unknown {
  let current = value;
  for (const name of names) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, name)) {
      throw new Error(`template: can't evaluate field ${name}`);
    }
    current = (current as Record<string, unknown>)[name];
  }
  return current;
}

const isTrue = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
};

const printValue = (value: unknown): string => {
  if (value === null || value === undefined) return '<no value>';
  if (Array.isArray(value)) return `[${value.map(printValue).join(' ')}]`;
  if (typeof value === 'object')
    return `map[${rangeEntries(value)
      .map(([key, item]) => `${String(key)}:${printValue(item)}`)
      .join(' ')}]`;
  return typeof value === 'string' ? value : JSON.stringify(value);
};

const compare =
  (holds: (a: number | string, b: number | string) => boolean) =>
  (a: unknown, b: unknown): boolean =>
    holds(a as number | string, b as number | string);

const FUNCTIONS: Readonly<Record<string, (...args: unknown[]) => unknown>> = {
  and: (...args) => args.find((value) => !isTrue(value)) ?? args.at(-1),
  or: (...args) => args.find((value) => isTrue(value)) ?? args.at(-1),
  not: (value) => !isTrue(value),
  len: (value) => (typeof value === 'string' ? Buffer.byteLength(value) : rangeEntries(value).length),
  index: (value, ...keys) =>
    keys.reduce((current: unknown, key) => (current as Record<string, unknown>)?.[key as string], value),
  print: (...args) => args.map(printValue).join(''),
  println: (...args) => `${args.map(printValue).join(' ')}\n`,
  printf: (format, ...args) => formatGo(String(format), args),
  eq: (first, ...others) => others.some((other) => first === other),
  ne: (a, b) => a !== b,
  lt: compare((a, b) => a < b),
  le: compare((a, b) => a <= b),
  gt: compare((a, b) => a > b),
  ge: compare((a, b) => a >= b),
};

/** `%s`, `%d`, `%v`, `%q`, `%t` and `%%`, with an optional width. */
function formatGo(format: string, args: readonly unknown[]): string {
  let next = 0;
  return format.replace(/%(-?)(\d*)([sdvqt%])/g, (_, left: string, width: string, verb: string) => {
    if (verb === '%') return '%';
    const value = args[next];
    next += 1;
    const text = verb === 'q' ? goQuote(String(value)) : printValue(value);
    return left === '' ? text.padStart(Number(width)) : text.padEnd(Number(width));
  });
}
