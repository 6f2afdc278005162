import type { Dataset } from '../../../src/engine/data/index.ts';

/** About the size that cards show pictures at (they may cut the sides off); dark, as those of the image samples are. */
const [width, height] = [288, 96];
const ground = '#000';
const ink = '#f2f4f6';
const quiet = '#9aa4af';

/** The card's picture as SVG: the same texts give the same bytes. Of held-out texts only. */
export const textPicture = (samples: Dataset): Promise<string> =>
  samples.classes === undefined ? openingPicture(samples) : subjectsPicture(samples);

const rowsShown = 3;

/** Texts with labels: the first line of some, each with its class, all classes among them. */
async function subjectsPicture(samples: Dataset): Promise<string> {
  const { classes = [], labels, testFrom = 0 } = samples;
  const rows: { readonly line: string; readonly label: number }[] = [];
  // In turns of the classes, so that none is missing.
  for (let at = testFrom; at < samples.count && rows.length < rowsShown; at++) {
    const label = labels?.[at] ?? 0;
    if (label !== (rows.length + 1) % classes.length) continue;
    const line = (await textOf(samples, at)).split('\n')[0]?.trim() ?? '';
    if (line.length >= 12 && /^[\x20-\x7e]+$/.test(line)) rows.push({ line, label });
  }
  return svg(
    rows
      .map(({ line, label }, i) => {
        const y = 25 + i * 26;
        const fill = label === 0 ? quiet : '#ff9557';
        return (
          `<text x="24" y="${y}" font-size="11" font-weight="600" fill="${fill}">${escaped(classes[label] ?? '')}</text>` +
          `<text x="66" y="${y}" font-size="12.5" fill="${ink}">${escaped(shortened(line, 28))}</text>`
        );
      })
      .join(''),
    'system-ui,sans-serif',
  );
}

const lineLength = 36;

/** Running text: the beginning of the first held out, which fades as if it were still being written. */
async function openingPicture(samples: Dataset): Promise<string> {
  const { testFrom = 0 } = samples;
  // Behind the chapter's title.
  const text = (await textOf(samples, testFrom)).split('\n\n')[1] ?? '';
  const lines = broken(text, lineLength).slice(0, rowsShown);
  return svg(
    lines
      .map((line, i) => {
        const fill = [ink, '#b7bfc8', '#6d7782'][i] ?? quiet;
        return `<text x="24" y="${29 + i * 24}" font-size="14" fill="${fill}">${escaped(line)}</text>`;
      })
      .join(''),
    'Georgia,serif',
  );
}

function broken(text: string, length: number): string[] {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > length) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

const shortened = (line: string, length: number): string =>
  line.length <= length ? line : `${line.slice(0, length - 1).trimEnd()}…`;

async function textOf(samples: Dataset, at: number): Promise<string> {
  const sample = await samples.sample(at);
  if (sample.kind !== 'text') throw new Error('the samples are no texts');
  return sample.text;
}

const svg = (content: string, font: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="${font}">` +
  `<rect width="${width}" height="${height}" fill="${ground}"/>${content}</svg>\n`;

const escaped = (text: string): string =>
  text.replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign] ?? sign);
