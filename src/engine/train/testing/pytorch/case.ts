import type { GradientCase } from '../gradient-case.ts';
import { blockNetworks } from './block-networks.ts';
import type { Network } from './network.ts';
import { windowNetworks } from './window-networks.ts';

export const pytorchNetworks: Readonly<Record<string, Network>> = {
  ...windowNetworks,
  ...blockNetworks,
};

/** The case of a network; its variables in the order of the fixture. */
export function pytorchCase(
  name: string,
  variables: Readonly<Record<string, readonly number[]>>,
): GradientCase {
  const network = pytorchNetworks[name];
  if (network === undefined) throw new Error(`no network is called ${name}`);
  const names = Object.keys(variables);
  return {
    name,
    variables,
    opset: 23,
    build: (edit, values) =>
      network(edit, (wanted) => {
        const value = values[names.indexOf(wanted)];
        if (value === undefined) throw new Error(`${name} has no variable ${wanted}`);
        return value;
      }),
  };
}
