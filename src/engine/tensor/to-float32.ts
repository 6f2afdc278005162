import { elementCount, dtypeTable } from './dtype.ts';
import { bfloat16sToFloat32s, float16sToFloat32s } from './half-floats.ts';
import { unpackBits, unpackSignedBits } from './pack-bits.ts';
import { smallFloatTable, type SmallFloatType } from './small-floats.ts';
import { tensorBytes, type Tensor } from './tensor.ts';
import { typedView } from './typed-view.ts';

/**
 * The elements as float32, for arithmetic on weights: a view for an aligned float32 tensor (not to be written to),
 * else a new array. 64-bit types are rounded. Throws TypeError for strings and complex numbers.
 */
export function toFloat32(tensor: Tensor): Float32Array {
  const { dtype } = tensor;
  switch (dtype) {
    case 'float32':
      return typedView(tensor) as Float32Array;
    case 'float16':
      return float16sToFloat32s(typedView(tensor) as Uint16Array);
    case 'bfloat16':
      return bfloat16sToFloat32s(typedView(tensor) as Uint16Array);
    case 'int64':
    case 'uint64':
      return Float32Array.from(typedView(tensor) as BigInt64Array, Number);
    case 'float64':
    case 'int32':
    case 'uint32':
    case 'int16':
    case 'uint16':
    case 'int8':
    case 'uint8':
    case 'bool':
      return Float32Array.from(typedView(tensor) as Int32Array);
    case 'int4':
    case 'int2':
      return Float32Array.from(
        unpackSignedBits(tensorBytes(tensor), dtypeTable[dtype].bits, elementCount(tensor.dims)),
      );
    case 'uint4':
    case 'uint2':
      return Float32Array.from(
        unpackBits(tensorBytes(tensor), dtypeTable[dtype].bits, elementCount(tensor.dims)),
      );
    case 'string':
    case 'complex64':
    case 'complex128':
      throw new TypeError(`a tensor of ${dtype} is not one of real numbers`);
    default:
      return fromTable(tensor, dtype);
  }
}

function fromTable(tensor: Tensor, dtype: SmallFloatType): Float32Array {
  const table = smallFloatTable(dtype);
  const codes = unpackBits(tensorBytes(tensor), dtypeTable[dtype].bits, elementCount(tensor.dims));
  return Float32Array.from(codes, (code) => table[code] as number);
}
