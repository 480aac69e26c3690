import type { FieldDiff, JobDiff, ObjectDiff, TaskDiff, TaskGroupDiff } from '@steppe/domain';
import { goQuote } from '@steppe/domain';

const MARKS: Readonly<Record<string, string>> = { Added: '+', Deleted: '-', Edited: '+/-' };
const WIDEST = Math.max(...Object.values(MARKS).map((mark) => mark.length));

/** How one job differs from another, a line for each value; groups tell how many allocations are touched. */
export function formatJobDiff(diff: JobDiff): string {
  const lines = [titled(0, diff.Type, `Job: ${goQuote(diff.ID)}`)];
  lines.push(...contents(diff, 1));
  for (const group of diff.TaskGroups ?? []) lines.push(...groupLines(group));
  return lines.join('\n');
}

function groupLines(group: TaskGroupDiff): readonly string[] {
  const updates = Object.entries(group.Updates ?? {})
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`);
  const lines = [titled(0, group.Type, `Task Group: ${goQuote(group.Name)}${inBrackets(updates)}`)];
  lines.push(...contents(group, 1));
  for (const task of group.Tasks ?? []) lines.push(...taskLines(task));
  return lines;
}

const taskLines = (task: TaskDiff): readonly string[] =>
  task.Type === 'None'
    ? []
    : [titled(1, task.Type, `Task: ${goQuote(task.Name)}${inBrackets(task.Annotations ?? [])}`), ...contents(task, 2)];

function contents({ Fields, Objects }: Pick<ObjectDiff, 'Fields' | 'Objects'>, depth: number): readonly string[] {
  const fields = Fields ?? [];
  const width = Math.max(0, ...fields.map(({ Name }) => Name.length));
  return [
    ...fields.map((field) => titled(depth, field.Type, fieldText(field, width))),
    ...(Objects ?? []).flatMap((object) => [
      titled(depth, object.Type, `${object.Name} {`),
      ...contents(object, depth + 1),
      titled(depth, 'None', '}'),
    ]),
  ];
}

function fieldText({ Type, Name, Old, New, Annotations }: FieldDiff, width: number): string {
  const change = Type === 'Edited' ? `${goQuote(Old)} => ${goQuote(New)}` : goQuote(Type === 'Deleted' ? Old : New);
  return `${`${Name}:`.padEnd(width + 1)} ${change}${inBrackets(Annotations ?? [])}`;
}

const titled = (depth: number, type: string, text: string): string =>
  `${'  '.repeat(depth)}${(MARKS[type] ?? '').padEnd(WIDEST)} ${text}`.trimEnd();

const inBrackets = (words: readonly string[]): string => (words.length === 0 ? '' : ` (${words.join(', ')})`);
