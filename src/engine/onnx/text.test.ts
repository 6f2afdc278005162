import { describe, expect, it } from 'vitest';
import { createRng } from '../core/index.ts';
import { decodeText, encodeText, hasEscapedBytes, NameDecoder } from './text.ts';

const utf8 = new TextEncoder();

describe('names', () => {
  it('that are UTF-8 are that text', () => {
    for (const name of [
      '',
      'conv1',
      'שלום',
      '가중치',
      '🙂',
      '\ufeffmark',
      'a'.repeat(100),
      '\u{10ffff}',
    ]) {
      expect(decodeText(utf8.encode(name))).toBe(name);
      expect(hasEscapedBytes(name)).toBe(false);
      expect(encodeText(name)).toEqual(utf8.encode(name));
    }
  });

  it('that are not come back byte for byte, and stay different', () => {
    const broken = [
      [0xff],
      [0xfe],
      [0xc3],
      [0xc3, 0x28],
      [0xe2, 0x82],
      [0xed, 0xa0, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
      [0xc0, 0xaf],
      [0x41, 0x80, 0xc3, 0xa9],
    ];
    const texts = broken.map((bytes) => decodeText(Uint8Array.from(bytes)));
    expect(new Set(texts).size).toBe(broken.length);
    texts.forEach((text, i) => {
      expect(hasEscapedBytes(text)).toBe(true);
      expect([...encodeText(text)]).toEqual(broken[i]);
    });
    expect(texts[8]).toBe('A\udc80é');
  });

  it('any bytes survive', () => {
    const rng = createRng(5);
    for (let i = 0; i < 3000; i++) {
      const bytes = Uint8Array.from({ length: rng.integer(12) }, () =>
        rng.integer(4) === 0 ? rng.integer(128) : 128 + rng.integer(128),
      );
      expect(encodeText(decodeText(bytes))).toEqual(bytes);
    }
  });

  it('are decoded the same with and without the table', () => {
    const decoder = new NameDecoder();
    const rng = createRng(6);
    for (let i = 0; i < 20_000; i++) {
      const name = `node_${rng.integer(15_000)}${i % 7 === 0 ? 'é' : ''}`;
      const bytes = utf8.encode(`__${name}__`);
      expect(decoder.decode(bytes, 2, bytes.length - 4)).toBe(name);
    }
  });
});
