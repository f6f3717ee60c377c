import type { StateStore } from './ports.ts';
import { decodeState, encodeState, type ScrapeState, type TargetState } from './prometheus/scrape-state.ts';

/** The shards of the layout before, from which a shard takes over what they remember. */
export type Inheritance = {
  readonly parents: readonly Ancestor[];
  /** The layout that takes over. */
  readonly generation: number;
};

/** A shard of an earlier layout by the name of its state, and those that it took over itself, had it ever run. */
export type Ancestor = { readonly shard: string; readonly parents: readonly Ancestor[] };

/** What a shard remembers. Without a `tag` it has no state of its own yet. */
export type ShardMemory = {
  readonly previous: ScrapeState | undefined;
  readonly tag: string | undefined;
  /** Ticks that maybe were never written and that no summary has told of; Unix ms. */
  readonly gaps: readonly number[];
};

/** The states that a process wrote last, by shard: one that is stored still need not be decoded. */
export type StateMemory = Map<string, { readonly text: string; readonly state: ScrapeState }>;

/** So many characters of states are kept. */
const MAX_KEPT_TEXT = 1 << 23;

/** So many ticks are remembered at the most. */
const MAX_GAPS = 100;
/** A parent is sealed anew when an old message came in between; each such message comes once or twice. */
const SEAL_ATTEMPTS = 10;

/**
 * The state of a shard, or what its parents remember: they are sealed first, so that no late message of their layout
 * can count an increase that is counted here.
 * @throws {Error} naming the shard: a state that cannot be read is never overwritten.
 */
export async function readShard(
  shard: string,
  inheritance: Inheritance | undefined,
  state: StateStore,
  nonce: () => string,
  kept: StateMemory,
): Promise<ShardMemory> {
  const stored = await state.read(shard);
  if (stored !== undefined) {
    const own = kept.get(shard);
    const previous = own?.text === stored.text ? own.state : readState(shard, stored.text);
    // Read after the state: the other way round, a confirmation in between would be missed.
    return { previous, tag: stored.tag, gaps: gapsOf(previous, await state.confirmed(shard)) };
  }
  const inherited = await takeOver(inheritance?.parents ?? [], inheritance?.generation ?? 0, state, nonce);
  return { previous: inherited.targets.size > 0 ? inherited : undefined, tag: undefined, gaps: inherited.gaps };
}

/** So often a shard's state is tried to be replaced: targets that join come one after the other. */
const COMMIT_ATTEMPTS = 4;

/**
 * Replaces what a shard remembers, which was read before. Targets that joined since are kept as they joined. The nonce
 * is the writer's own. `lost`: another tick came first, or the shard was sealed, and nothing was written.
 */
export async function commitShard(
  shard: string,
  { state, nonce }: { readonly state: ScrapeState; readonly nonce: string },
  read: ShardMemory,
  store: StateStore,
  kept: StateMemory,
): Promise<'committed' | 'lost'> {
  let { tag } = read;
  let next = state;
  for (let attempt = 0; attempt < COMMIT_ATTEMPTS; attempt += 1) {
    const text = encodeState(next);
    const result = await store.commit(shard, { text, nonce }, tag);
    if (result === 'committed') keep(kept, shard, text, next);
    if (result === 'committed' || read.tag === undefined) return result;
    const stored = await store.read(shard);
    const other = stored && nextOf(read.previous, stored.text);
    if (other === undefined) return 'lost';
    const joined = [...other.targets].filter(([identity]) => !read.previous?.targets.has(identity));
    next = { ...state, targets: new Map([...state.targets, ...joined]) };
    tag = stored?.tag;
  }
  return 'lost';
}

function keep(kept: StateMemory, shard: string, text: string, state: ScrapeState): void {
  kept.delete(shard);
  const length = [...kept.values()].reduce((sum, other) => sum + other.text.length, text.length);
  if (length > MAX_KEPT_TEXT) kept.clear();
  if (text.length <= MAX_KEPT_TEXT) kept.set(shard, { text, state });
}

/** The state after targets joined it; undefined if it became anything else. */
function nextOf(previous: ScrapeState | undefined, text: string): ScrapeState | undefined {
  try {
    const other = decodeState(text);
    return other.sealedBy === undefined && other.nonce === previous?.nonce ? other : undefined;
  } catch {
    // The next tick reads it, and says what is wrong with it.
    return undefined;
  }
}

/** What these shards remember together, sealed. */
async function takeOver(
  parents: readonly Ancestor[],
  generation: number,
  store: StateStore,
  nonce: () => string,
): Promise<ScrapeState> {
  const sealed = await Promise.all(parents.map((parent) => seal(parent, generation, store, nonce)));
  return {
    dueAt: Math.max(0, ...sealed.map(({ dueAt }) => dueAt)),
    nonce: '',
    gaps: [...new Set(sealed.flatMap(({ gaps }) => gaps))].sort((a, b) => a - b),
    targets: newestOf(sealed),
  };
}

/** The state of a parent, which no invocation of its layout can replace from now on. */
async function seal(
  { shard, parents }: Ancestor,
  generation: number,
  store: StateStore,
  nonce: () => string,
): Promise<ScrapeState> {
  for (let attempt = 0; attempt < SEAL_ATTEMPTS; attempt += 1) {
    const stored = await store.read(shard);
    const state =
      stored === undefined ? await takeOver(parents, generation, store, nonce) : readState(shard, stored.text);
    if (state.sealedBy !== undefined) return state;
    const gaps = stored === undefined ? state.gaps : gapsOf(state, await store.confirmed(shard));
    const sealed = { ...state, gaps, sealedBy: generation };
    const next = { text: encodeState(sealed), nonce: nonce() };
    if ((await store.commit(shard, next, stored?.tag)) === 'committed') return sealed;
  }
  throw new Error(`state of shard ${shard}: ${SEAL_ATTEMPTS} other writers came first; the next tick tries again`);
}

function newestOf(states: readonly ScrapeState[]): ReadonlyMap<string, TargetState> {
  const targets = new Map<string, TargetState>();
  for (const [identity, target] of states.flatMap((state) => [...state.targets])) {
    const other = targets.get(identity);
    if (other === undefined || other.scrapedAtMs < target.scrapedAtMs) targets.set(identity, target);
  }
  return targets;
}

/** The ticks that maybe were never written: those that no summary has told of yet, and the last one unless confirmed. */
function gapsOf({ nonce, gaps, dueAt }: ScrapeState, confirmed: string | undefined): readonly number[] {
  return nonce === confirmed ? [] : [...gaps, dueAt].slice(-MAX_GAPS);
}

function readState(shard: string, text: string): ScrapeState {
  try {
    return decodeState(text);
  } catch (error) {
    throw new Error(`state of shard ${shard}: ${(error as Error).message}`, { cause: error });
  }
}
