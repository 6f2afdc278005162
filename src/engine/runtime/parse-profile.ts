import type { ProfiledNode } from './port.ts';

/**
 * ONNX Runtime's profile, one JSON object a line (Chrome trace events). Rows with `cat: "Node"` and a name that ends in
 * `_kernel_time` are the kernels as they ran, after fusion. The native WebGPU provider adds rows with `cat: "Api"`, named
 * `node&op&program`, whose duration comes from GPU timestamps; its Node rows only say how long enqueueing took, so where a node
 * has Api rows their sum is its time (platform A8). The profiled session runs twice, so that first-run work
 * (allocation, shader compilation) is not taken for the kernels' time: what counts began with the last `model_run` row.
 */
export function parseProfile(lines: readonly string[]): ProfiledNode[] {
  const rows = lines.map(parseRow).filter((row) => row !== undefined);
  const runs = rows.filter((row) => row.cat === 'Session' && row.name === 'model_run');
  const start = Math.max(-1, ...runs.map((row) => row.ts));
  const kernels = rows.filter(
    (row) => row.cat === 'Node' && row.name.endsWith(kernelSuffix) && row.ts >= start,
  );
  const gpu = gpuTimes(rows, runs.length, start);
  return kernels.map((row) => {
    const name = row.name.slice(0, -kernelSuffix.length);
    return {
      name,
      opType: row.opType,
      provider: row.provider,
      durationUs: gpu.get(name) ?? row.dur,
      outputShapes: row.outputShapes,
    };
  });
}

const kernelSuffix = '_kernel_time';

interface Row {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly opType: string;
  readonly provider: string;
  readonly outputShapes: readonly (readonly number[])[];
}

/** GPU microseconds per node in the last run. */
function gpuTimes(rows: readonly Row[], runs: number, start: number): Map<string, number> {
  const programs = rows.filter((row) => row.cat === 'Api');
  const { counted, divisor } = lastRun(programs, runs, start);
  const times = new Map<string, number>();
  for (const row of counted) {
    const node = row.name.split('&')[0] ?? '';
    times.set(node, (times.get(node) ?? 0) + row.dur / divisor);
  }
  return times;
}

/**
 * The programs of the last run: when every run did the same programs, the last of the equal parts. The first run may have done
 * more (prepared weights); then those that began after the last run did, on a clock that is the GPU's and only
 * roughly aligned; and if that finds none, the mean over the runs.
 */
function lastRun(
  programs: readonly Row[],
  runs: number,
  start: number,
): { readonly counted: readonly Row[]; readonly divisor: number } {
  const perRun = programs.length / Math.max(1, runs);
  if (Number.isInteger(perRun)) {
    const last = programs.slice(-perRun);
    if (last.every((row, i) => row.name === programs[i]?.name))
      return { counted: last, divisor: 1 };
  }
  const later = programs.filter((row) => row.ts >= start);
  return later.length > 0
    ? { counted: later, divisor: 1 }
    : { counted: programs, divisor: Math.max(1, runs) };
}

function parseRow(line: string): Row | undefined {
  const text = line.trim().replace(/^\[/, '').replace(/,$/, '');
  if (!text.startsWith('{"cat"')) return undefined;
  const event = parseJson(text);
  if (event === undefined) return parseRaw(text);
  const args = isRecord(event['args']) ? event['args'] : {};
  return {
    cat: string(event['cat']),
    name: string(event['name']),
    ts: Number(event['ts']),
    dur: Number(event['dur']),
    opType: string(args['op_name']),
    provider: string(args['provider']),
    outputShapes: shapes(args['output_type_shape']),
  };
}

/** Names are printed as they are, so a quote or a backslash in one breaks the JSON: the fields are then cut out one by one. */
function parseRaw(text: string): Row | undefined {
  const field = (pattern: RegExp): string => pattern.exec(text)?.[1] ?? '';
  const name = field(/"name" ?: ?"(.*?)","args"/);
  if (name === '') return undefined;
  const shapesText = /"output_type_shape" ?: ?(\[.*?\}\])/.exec(text)?.[1];
  return {
    cat: field(/^\{"cat" ?: ?"(\w+)"/),
    name,
    ts: Number(field(/"ts" ?: ?(\d+)/)),
    dur: Number(field(/"dur" ?: ?(\d+)/)),
    opType: field(/"op_name" ?: ?"(\w+)"/),
    provider: field(/"provider" ?: ?"(\w+)"/),
    outputShapes:
      shapesText === undefined ? [] : shapes(parseJson(`{"shapes":${shapesText}}`)?.['shapes']),
  };
}

/** `[{"float":[1,8,16,16]},{"int64":[1]}]` → the arrays. */
function shapes(value: unknown): number[][] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) =>
    isRecord(entry)
      ? Object.values(entry).filter((dims): dims is number[] => Array.isArray(dims))
      : [],
  );
}

function parseJson(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const string = (value: unknown): string => (typeof value === 'string' ? value : '');
