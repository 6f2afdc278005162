/**
 * A vocabulary as a plain list of [piece, score], as SentencePiece keeps it and llama2.c writes it: byte pair encoding in which the pair whose
 * joined piece has the highest score goes first. Turned into the merges of a `tokenizer.json`, as the Hugging Face library converts such
 * models: every way to cut a piece into two known ones is a merge, ranked by the piece's score. Bytes stand in as `<0x41>` for what
 * has no piece.
 */
export type PieceList = readonly (readonly [string, number])[];

export const isPieceList = (json: unknown): json is PieceList =>
  Array.isArray(json) &&
  json.length > 0 &&
  json.every(
    (row: unknown) =>
      Array.isArray(row) &&
      row.length === 2 &&
      typeof row[0] === 'string' &&
      typeof row[1] === 'number',
  );

const space = '▁';

export function tokenizerOfPieces(list: PieceList): { readonly model: object } {
  const pieces = list.map(([piece]) => piece.replaceAll(' ', space));
  const vocab = new Map<string, number>();
  pieces.forEach((piece, id) => {
    if (!vocab.has(piece)) vocab.set(piece, id);
  });
  return {
    ...surroundings,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      vocab: Object.fromEntries(vocab),
      merges: mergesOf(pieces, list, vocab),
    },
  };
}

/** A space before the text, spaces as ▁, nothing cut beforehand: SentencePiece's own rules. */
const surroundings = {
  version: '1.0',
  added_tokens: [],
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'Prepend', prepend: space },
      { type: 'Replace', pattern: { String: ' ' }, content: space },
    ],
  },
  pre_tokenizer: null,
  post_processor: null,
  decoder: {
    type: 'Sequence',
    decoders: [
      { type: 'Replace', pattern: { String: space }, content: ' ' },
      { type: 'ByteFallback' },
      { type: 'Fuse' },
      { type: 'Strip', content: ' ', start: 1, stop: 0 },
    ],
  },
};

function mergesOf(
  pieces: readonly string[],
  list: PieceList,
  vocab: ReadonlyMap<string, number>,
): [string, string][] {
  const merges: { left: string; right: string; score: number; id: number }[] = [];
  pieces.forEach((piece, id) => {
    const letters = Array.from(piece);
    for (let cut = 1; cut < letters.length; cut++) {
      const left = letters.slice(0, cut).join('');
      const right = letters.slice(cut).join('');
      if (vocab.has(left) && vocab.has(right))
        merges.push({ left, right, score: list[id]?.[1] ?? 0, id });
    }
  });
  return merges
    .toSorted((a, b) => b.score - a.score || a.id - b.id)
    .map(({ left, right }) => [left, right]);
}
