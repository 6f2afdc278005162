import { intAttribute, intsAttribute, type ModelEdit, type Value } from '../../graph/index.ts';
import { usedPadEnd, type Window } from './window.ts';

/**
 * The adjoint of sliding a window: ConvTranspose of `dy` [N, M, …output] with `weight` [M,
 * C/group, …kernel], giving exactly the input size [N, C, …input]. Where the windows left a rest
 * of the input untouched, `output_padding` restores it; where they used less padding than
 * declared, the pads shrink to what was used.
 */
export function transposedWindow(
  edit: ModelEdit,
  dy: Value,
  weight: Value,
  window: Window,
  group: number,
): Value {
  const used = usedPadEnd(window);
  return edit.op('ConvTranspose', [dy, weight], {
    kernel_shape: intsAttribute(window.kernel),
    strides: intsAttribute(window.strides),
    dilations: intsAttribute(window.dilations),
    pads: intsAttribute([...window.padBegin, ...used.map((pad) => Math.max(0, pad))]),
    output_padding: intsAttribute(used.map((pad) => Math.max(0, -pad))),
    group: intAttribute(group),
  });
}
