/**
 * The local health score (Lifeguard): how slow this node seems to itself, 0 (healthy) to `maxMultiplier - 1`. A slow node
 * waits longer before it blames others.
 */
export class Awareness {
  readonly #max: number;
  readonly #onChange: (score: number) => void;
  #score = 0;

  /** @param onChange - told the new score whenever it changes */
  constructor(maxMultiplier: number, onChange: (score: number) => void = () => undefined) {
    this.#max = maxMultiplier - 1;
    this.#onChange = onChange;
  }

  get score(): number {
    return this.#score;
  }

  /** Worsens (positive) or improves the score; it stays within its range. */
  adjust(delta: number): void {
    const score = Math.max(0, Math.min(this.#max, this.#score + delta));
    if (score === this.#score) return;
    this.#score = score;
    this.#onChange(score);
  }

  /** A duration, stretched by how unwell we are. */
  scale(ms: number): number {
    return ms * (this.#score + 1);
  }
}
