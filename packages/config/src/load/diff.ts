import { Secret } from '@steppe/domain';
import { AGENT_SCHEMA } from '../schema/agent-schema.js';
import type { AgentConfig } from '../schema/agent-schema.js';
import type { Block, Field } from '../schema/field.js';
import { fieldName } from '../schema/field.js';

/** Dotted keys of the settings that differ; never their values. */
export interface ConfigDiff {
  /** A running agent takes these over. */
  readonly reloadable: readonly string[];
  /** These take effect at the next start. */
  readonly restart: readonly string[];
}

export function diffConfig(before: AgentConfig, after: AgentConfig): ConfigDiff {
  const changed = changedFields(before, after, AGENT_SCHEMA, []);
  const keysOf = (reload: boolean): readonly string[] =>
    changed.filter(({ field }) => (field.reload === true) === reload).map(({ key }) => key);
  return { reloadable: keysOf(true), restart: keysOf(false) };
}

/** The settings in force once a running agent has been given `after`: what it can take over, on top of `before`. */
export function reloadedConfig(before: AgentConfig, after: AgentConfig): AgentConfig {
  return overlay(before, after, AGENT_SCHEMA) as unknown as AgentConfig;
}

function overlay(before: Settings, after: Settings, schema: Block): Settings {
  const entries = Object.entries(schema).map(([key, field]) => {
    const name = fieldName(key, field);
    const [old, now] = [before[name], after[name]];
    if (field.kind === 'block') return [name, overlay(old as Settings, now as Settings, field.block)];
    return [name, field.reload === true ? now : old];
  });
  return { ...before, ...Object.fromEntries(entries) };
}

type Settings = Readonly<Record<string, unknown>>;

function changedFields(
  before: Settings,
  after: Settings,
  schema: Block,
  path: readonly string[],
): readonly { key: string; field: Field }[] {
  return Object.entries(schema).flatMap(([key, field]) => {
    const name = fieldName(key, field);
    const [old, now] = [before[name], after[name]];
    const here = [...path, key];
    if (field.kind === 'block') return changedFields(old as Settings, now as Settings, field.block, here);
    return isEqual(old, now) ? [] : [{ key: here.join('.'), field }];
  });
}

/** Deep equality of configuration values. */
function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (a instanceof Secret && b instanceof Secret) return a.equals(b);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length || Array.isArray(a) !== Array.isArray(b)) return false;
  return keys.every((key) => isEqual((a as Settings)[key], (b as Settings)[key]));
}
