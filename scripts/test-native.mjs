// `npm run test:native`: exported files in onnxruntime-node against the studio's own WASM sessions.
// onnxruntime-node unpacks to 290 MB, so it is no dependency: it is installed on demand into `.native/`, which git ignores.
// Its install script would download GPU libraries; ONNXRUNTIME_NODE_INSTALL=skip leaves them out.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const version = dependencies['onnxruntime-web'];
const folder = '.native';

function run(command, args, options = {}) {
  const { status } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync(`${folder}/node_modules/onnxruntime-node`)) {
  console.log(`installing onnxruntime-node ${version} into ${folder}/ …`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/package.json`, '{ "private": true }\n');
  run('npm', ['install', '--no-audit', '--no-fund', `onnxruntime-node@${version}`], {
    cwd: folder,
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
}
run(process.execPath, ['--import', 'tsx', 'scripts/native/main.ts', ...process.argv.slice(2)]);
