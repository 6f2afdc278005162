import { zipSync } from 'fflate';

/** An `.npy` file, written here byte by byte from NumPy's description of the format. */
export function npyBytes(
  descr: string,
  shape: readonly number[],
  data: Uint8Array,
  {
    fortran = false,
    version = 1,
    pad = 0,
  }: { readonly fortran?: boolean; readonly version?: 1 | 2; readonly pad?: number } = {},
): Uint8Array {
  const tuple = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const quoted = descr.startsWith('[') ? descr : `'${descr}'`;
  const dict = `{'descr': ${quoted}, 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${tuple}, }${' '.repeat(pad)}\n`;
  const header = new TextEncoder().encode(dict);
  const start = version === 1 ? 10 : 12;
  const file = new Uint8Array(start + header.length + data.length);
  file.set([0x93, ...new TextEncoder().encode('NUMPY'), version, 0]);
  const view = new DataView(file.buffer);
  if (version === 1) view.setUint16(8, header.length, true);
  else view.setUint32(8, header.length, true);
  file.set(header, start);
  file.set(data, start + header.length);
  return file;
}

export const npzBytes = (arrays: Readonly<Record<string, Uint8Array>>, level: 0 | 6): Uint8Array =>
  zipSync(
    Object.fromEntries(Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes])),
    { level },
  );
