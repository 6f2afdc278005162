/**
 * Byte pair encoding, learned (Sennrich, Haddow & Birch 2016): every word starts as single symbols; the pair of neighbours that occurs most
 * often becomes a new symbol, again and again. Counts are kept up to date word by word, and a heap that may hold stale entries gives the next
 * pair. Ties go to the pair with the lower symbols, so that the same words give the same merges on every machine.
 */
export interface LearnedPairs {
  /** Symbols by id: the first ones as given, then one per merge. */
  readonly symbols: readonly string[];
  readonly merges: readonly (readonly [string, string])[];
}

export interface PairRequest {
  /** How often each word occurs. */
  readonly words: ReadonlyMap<string, number>;
  /** Symbols in all, at most. */
  readonly size: number;
  /** Cuts a word into its first symbols. */
  readonly split: (word: string) => readonly string[];
  /** Symbols that are there from the start whether they occur or not. */
  readonly given: readonly string[];
  /** The symbol that two neighbours become. */
  readonly join: (left: string, right: string) => string;
  /** Pairs seen less often are not merged. */
  readonly lowestCount: number;
}

interface Word {
  symbols: number[];
  readonly count: number;
}

interface Candidate {
  readonly left: number;
  readonly right: number;
  readonly count: number;
}

export function mergePairs(request: PairRequest): LearnedPairs {
  const symbols: string[] = [...request.given];
  const ids = new Map(symbols.map((symbol, id) => [symbol, id]));
  const idOf = (symbol: string): number => {
    const known = ids.get(symbol);
    if (known !== undefined) return known;
    ids.set(symbol, symbols.length);
    return symbols.push(symbol) - 1;
  };
  const sorted = [...request.words].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const words: Word[] = sorted.map(([word, count]) => ({
    symbols: request.split(word).map(idOf),
    count,
  }));
  const pairs = new PairCounts(words);
  const merges: (readonly [string, string])[] = [];
  while (symbols.length < request.size) {
    const best = pairs.next();
    if (best === undefined || best.count < request.lowestCount) break;
    const [left, right] = [symbols[best.left] ?? '', symbols[best.right] ?? ''];
    merges.push([left, right]);
    pairs.merge(best, idOf(request.join(left, right)));
  }
  return { symbols, merges };
}

/** Pairs of symbols as one number each; a vocabulary stays far below this. */
const radix = 1 << 20;

class PairCounts {
  readonly #words: readonly Word[];
  readonly #counts = new Map<number, number>();
  /** Words in which a pair occurred at some time. */
  readonly #places = new Map<number, Set<number>>();
  readonly #heap: Candidate[] = [];

  constructor(words: readonly Word[]) {
    this.#words = words;
    const touched = new Set<number>();
    words.forEach((word, index) => this.#count(word, index, 1, touched));
    this.#offer(touched);
  }

  /** The most frequent pair; undefined when no word has two symbols left. */
  next(): Candidate | undefined {
    for (let top = this.#pop(); top !== undefined; top = this.#pop())
      if (this.#counts.get(top.left * radix + top.right) === top.count && top.count > 0) return top;
    return undefined;
  }

  merge({ left, right }: Candidate, id: number): void {
    const key = left * radix + right;
    const touched = new Set<number>();
    for (const index of this.#places.get(key) ?? []) {
      const word = this.#words[index] as Word;
      this.#count(word, index, -1, touched);
      word.symbols = joined(word.symbols, left, right, id);
      this.#count(word, index, 1, touched);
    }
    this.#offer(touched);
  }

  #count({ symbols, count }: Word, index: number, sign: number, touched: Set<number>): void {
    for (let i = 1; i < symbols.length; i++) {
      const key = (symbols[i - 1] as number) * radix + (symbols[i] as number);
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + sign * count);
      touched.add(key);
      const places = this.#places.get(key);
      if (places === undefined) this.#places.set(key, new Set([index]));
      else places.add(index);
    }
  }

  #offer(keys: ReadonlySet<number>): void {
    for (const key of keys) {
      const count = this.#counts.get(key) ?? 0;
      if (count > 0) this.#push({ left: Math.floor(key / radix), right: key % radix, count });
    }
  }

  #push(candidate: Candidate): void {
    const heap = this.#heap;
    let at = heap.push(candidate) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!precedes(candidate, heap[above] as Candidate)) break;
      heap[at] = heap[above] as Candidate;
      at = above;
    }
    heap[at] = candidate;
  }

  #pop(): Candidate | undefined {
    const heap = this.#heap;
    const [top] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      const sibling = heap[child + 1];
      if (sibling !== undefined && precedes(sibling, heap[child] as Candidate)) child++;
      if (!precedes(heap[child] as Candidate, last)) break;
      heap[at] = heap[child] as Candidate;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

const precedes = (a: Candidate, b: Candidate): boolean =>
  a.count !== b.count ? a.count > b.count : a.left !== b.left ? a.left < b.left : a.right < b.right;

function joined(symbols: readonly number[], left: number, right: number, id: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < symbols.length; i++)
    if (symbols[i] === left && symbols[i + 1] === right) {
      out.push(id);
      i++;
    } else out.push(symbols[i] as number);
  return out;
}
