import { EngineError, type ByteSource } from '../core/index.ts';
import { concatDatasets } from './concat-datasets.ts';
import { unsupported } from './data-errors.ts';
import type { Dataset } from './dataset.ts';
import { decodeImage } from './decode-image.ts';
import { byCodeUnit, labelsFromNames } from './labels.ts';

/**
 * A folder of images: one subfolder per class (anything deeper belongs to the class above it), or loose images without labels. Subfolders
 * named by whole numbers are the class indices themselves; other names are numbered in alphabetical order. `train` and `test` (or
 * `val`) above the class folders make the source's own test part. Images are decoded when they are asked for.
 */
export interface DataFile {
  /** Path below what was dropped or named, with `/`. */
  readonly path: string;
  readonly source: ByteSource;
}

const imageNames = /\.(png|jpe?g|jfif)$/i;
const otherImageNames = /\.(webp|gif|svg|bmp|tiff?|avif|heic|heif|ico)$/i;
const trainNames = ['train', 'training'];
const testNames = ['test', 'testing', 'val', 'valid', 'validation'];

export const isImagePath = (path: string): boolean =>
  imageNames.test(path) || otherImageNames.test(path);

interface Placed extends DataFile {
  /** Folders between what all images share and the image. */
  readonly folders: readonly string[];
}

export function imageFolder(name: string, files: readonly DataFile[]): Dataset {
  const images = placeImages(files.filter((file) => isImagePath(file.path)));
  if (images.length === 0)
    throw new EngineError('data/empty', { where: name, detail: 'no images in it' });
  const other = images.find((file) => otherImageNames.test(file.path));
  if (other !== undefined)
    throw unsupported(
      other.path,
      `a ${other.path.split('.').at(-1)?.toUpperCase() ?? ''} image`,
      'Convert it to PNG or JPEG',
    );
  const inPart = (names: readonly string[]): Placed[] =>
    images.filter(
      (file) => file.folders.length >= 2 && names.includes((file.folders[0] ?? '').toLowerCase()),
    );
  const [train, test] = [inPart(trainNames), inPart(testNames)];
  if (train.length > 0 && test.length > 0 && train.length + test.length === images.length)
    return bothParts(name, train.map(dropFirst), test.map(dropFirst));
  return classFolders(name, images);
}

const dropFirst = (file: Placed): Placed => ({ ...file, folders: file.folders.slice(1) });

/** Both parts get one numbering of the classes, from both together. */
function bothParts(name: string, train: readonly Placed[], test: readonly Placed[]): Dataset {
  const all = classFolders(name, [...train, ...test]);
  const part = (from: number, to: number): Dataset => ({
    ...all,
    count: to - from,
    labels: all.labels?.subarray(from, to),
    sample: (index) => all.sample(from + index),
  });
  return concatDatasets(name, part(0, train.length), part(train.length, all.count));
}

function classFolders(name: string, images: readonly Placed[]): Dataset {
  const loose = images.filter((file) => file.folders.length === 0).length;
  if (loose > 0 && loose < images.length)
    throw unsupported(
      name,
      `${loose} images lie beside the class folders`,
      'Put every image into a folder named after its class, or none',
    );
  const { labels, classes } =
    loose > 0
      ? { labels: undefined, classes: undefined }
      : labelsFromNames(images.map((file) => file.folders[0] ?? ''));
  return {
    name,
    kind: 'images',
    count: images.length,
    classes,
    labels,
    sampleDims: undefined,
    sample: async (index) => {
      const file = images[index];
      if (file === undefined) throw new RangeError(`${name} has no sample ${index}`);
      const { size } = file.source;
      return { kind: 'pixels', ...decodeImage(file.source.read(0, size), file.path) };
    },
  };
}

function placeImages(files: readonly DataFile[]): Placed[] {
  const visible = files
    .filter(
      (file) => !file.path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX'),
    )
    .toSorted((a, b) => byCodeUnit(a.path, b.path));
  const folders = visible.map((file) =>
    file.path
      .split('/')
      .slice(0, -1)
      .filter((part) => part !== ''),
  );
  const shared = sharedLength(folders);
  return visible.map((file, i) => ({ ...file, folders: (folders[i] ?? []).slice(shared) }));
}

function sharedLength(paths: readonly (readonly string[])[]): number {
  const [first = []] = paths;
  let length = 0;
  while (length < first.length && paths.every((path) => path[length] === first[length])) length++;
  return length;
}
