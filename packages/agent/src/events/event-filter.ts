import type { EventTopic, StateEvent } from './state-events.js';

/** Topics that events exist of here. */
const TOPICS: ReadonlySet<string> = new Set<EventTopic>(['Job', 'Evaluation', 'Allocation', 'Node']);
/** Those of them that are about something in a namespace; also those of the reference that are. */
const NAMESPACED: ReadonlySet<string> = new Set(['Job', 'Evaluation', 'Allocation', 'Deployment', 'Service']);

/** Which events are asked for: keys by topic. */
export class EventFilter {
  readonly #keys: ReadonlyMap<string, ReadonlySet<string>>;

  /**
   * @param topics - `Topic` or `Topic:key`; `*` stands for any; none for everything
   * @throws RangeError for a text that is neither
   */
  constructor(topics: readonly string[]) {
    const keys = new Map<string, Set<string>>();
    for (const text of topics.length === 0 ? ['*'] : topics) {
      const [, topic = '', key = '*'] = /^([^:]+)(?::(.+))?$/s.exec(text) ?? [];
      if (topic === '') throw new RangeError(`invalid key value pair for topic, topic: ${text}`);
      keys.set(topic, (keys.get(topic) ?? new Set()).add(key));
    }
    this.#keys = keys;
  }

  /** Whether something in a namespace is asked for. */
  get hasNamespaced(): boolean {
    return [...this.#keys.keys()].some((topic) => NAMESPACED.has(topic));
  }

  get hasNodes(): boolean {
    return this.#keys.has('Node');
  }

  /** Whether something is asked for that is neither in a namespace nor a node. */
  get hasOthers(): boolean {
    return [...this.#keys.keys()].some((topic) => !NAMESPACED.has(topic) && topic !== 'Node');
  }

  /** @param namespace - `*` for all; what is in none is always meant */
  matches({ Topic, Key, Namespace, FilterKeys }: StateEvent, namespace: string): boolean {
    if (Namespace !== '' && namespace !== '*' && Namespace !== namespace) return false;
    return [...this.#keysOf(Topic)].some((key) => key === '*' || key === Key || FilterKeys?.includes(key) === true);
  }

  #keysOf(topic: string): Iterable<string> {
    return TOPICS.has(topic) ? [...(this.#keys.get(topic) ?? []), ...(this.#keys.get('*') ?? [])] : [];
  }
}
