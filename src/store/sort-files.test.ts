import { describe, expect, it } from 'vitest';
import { sortFiles } from './sort-files.ts';

const file = (name: string): File => new File([], name);
const names = (files: readonly File[]): string[] => files.map((each) => each.name);

describe('sorting a drop', () => {
  it('tells model, external data, recipe and data apart', () => {
    const sorted = sortFiles(
      ['m.onnx', 'm.onnx_data', 'r.json', 'x.npz', 'cats/1.PNG', 't10k-images-idx3-ubyte.gz'].map(
        file,
      ),
    );
    expect(names(sorted.models)).toEqual(['m.onnx']);
    expect(names(sorted.other)).toEqual(['m.onnx_data']);
    expect(names(sorted.recipes)).toEqual(['r.json']);
    expect(names(sorted.data)).toEqual(['x.npz', 'cats/1.PNG', 't10k-images-idx3-ubyte.gz']);
  });

  it('keeps a tokenizer with its text: it is no recipe', () => {
    const sorted = sortFiles(
      ['m.onnx', 'story.txt', 'tokenizer.json', 'llama_tokenizer.json', 'recipe.json'].map(file),
    );
    expect(names(sorted.recipes)).toEqual(['recipe.json']);
    expect(names(sorted.data)).toEqual(['story.txt', 'tokenizer.json', 'llama_tokenizer.json']);
  });

  it('takes a lone unknown file for a model, so that it gets an answer', () => {
    expect(names(sortFiles([file('model.tflite')]).models)).toEqual(['model.tflite']);
  });

  it('leaves out what the system hides in folders', () => {
    expect(sortFiles([file('cats/.DS_Store'), file('cats/1.png')])).toMatchObject({
      models: [],
      other: [],
    });
  });
});
