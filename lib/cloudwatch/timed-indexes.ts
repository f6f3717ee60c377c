/** Indexes by a time and a number below `count`: a table for the first time, which almost all have. */
export class TimedIndexes {
  readonly #ofFirst: Int32Array;
  readonly #others = new Map<string, number>();
  #firstMs: number | undefined;

  constructor(count: number) {
    this.#ofFirst = new Int32Array(count).fill(-1);
  }

  /** The index that was given to them; otherwise they are given this one. */
  get(timestampMs: number, number: number, fresh: number): number {
    this.#firstMs ??= timestampMs;
    if (timestampMs !== this.#firstMs) {
      const key = `${timestampMs} ${number}`;
      const known = this.#others.get(key) ?? fresh;
      this.#others.set(key, known);
      return known;
    }
    const known = this.#ofFirst[number] as number;
    if (known >= 0) return known;
    this.#ofFirst[number] = fresh;
    return fresh;
  }
}
