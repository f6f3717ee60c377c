/** What a map is read by. */
export type ReadableMap<Key, Value> = Iterable<[Key, Value]> &
  Pick<ReadonlyMap<Key, Value>, 'size' | 'get'> & {
    readonly forEach: (visit: (value: Value, key: Key) => void) => void;
  };

/**
 * A map whose keys are asked for in the order in which they were added, again and again, as the series of a target are:
 * the one that follows the last one is found without a search, which would wait for memory at each step.
 */
export class OrderedMap<Key, Value> implements ReadableMap<Key, Value> {
  readonly #keys: Key[] = [];
  readonly #values: Value[] = [];
  /** Of the first keys, as many as were there when one was searched; none while nothing has to be searched. */
  readonly #indexes = new Map<Key, number>();
  #next = 0;
  #searches = 0;

  get size(): number {
    return this.#keys.length;
  }

  get(key: Key): Value | undefined {
    let index: number | undefined = this.#next;
    if (index >= this.#keys.length || this.#keys[index] !== key) index = this.#indexOf(key);
    if (index === undefined) return undefined;
    this.#next = index + 1;
    if (this.#next === this.#keys.length) this.#startOver();
    return this.#values[index];
  }

  /** Adds a key that is not there. */
  add(key: Key, value: Value): void {
    this.#keys.push(key);
    this.#values.push(value);
  }

  set(key: Key, value: Value): void {
    const index = this.#indexOf(key);
    if (index === undefined) this.add(key, value);
    else this.#values[index] = value;
  }

  forEach(visit: (value: Value, key: Key) => void): void {
    for (let at = 0; at < this.#keys.length; at += 1) visit(this.#values[at] as Value, this.#keys[at] as Key);
  }

  *[Symbol.iterator](): Iterator<[Key, Value]> {
    for (let at = 0; at < this.#keys.length; at += 1) yield [this.#keys[at] as Key, this.#values[at] as Value];
  }

  /** The first one follows the last one. */
  #startOver(): void {
    if (this.#searches === 0) this.#indexes.clear();
    this.#next = 0;
    this.#searches = 0;
  }

  #indexOf(key: Key): number | undefined {
    this.#searches += 1;
    for (let at = this.#indexes.size; at < this.#keys.length; at += 1) this.#indexes.set(this.#keys[at] as Key, at);
    return this.#indexes.get(key);
  }
}
