/**
 * Benches: `npm run bench` runs all, `npm run bench -- NAME …` some. Each prints ratios against a named peer or control that was
 * measured in the same run; nothing here passes or fails. Run them when the machine does nothing else.
 */
const benches: Readonly<Record<string, () => Promise<void>>> = {
  codec: async () => (await import('./codec.ts')).codec(),
  'from-scratch': async () => (await import('./from-scratch.ts')).fromScratch(),
  noise: async () => (await import('./noise.ts')).noise(),
  studio: async () => (await import('./studio.ts')).studio(),
  train: async () => (await import('./train.ts')).train(),
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`);
  process.exitCode = 2;
} else {
  for (const name of asked.length > 0 ? asked : Object.keys(benches)) {
    console.log(name);
    await benches[name]?.();
  }
}
