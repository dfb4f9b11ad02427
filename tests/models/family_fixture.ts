/** Fixtures that hold several families: tensors under FAMILY/, weights that portable.ts makes. */
import { fixtureTensors, type FixtureName, type FixtureTensor } from '../fixtures/load';
import type { FamilyFixture } from './family_parity';
import { portableWeights, type PortableParameter } from './parity';

/** The json of such a fixture. */
export interface About {
  readonly seed: number;
  readonly adamw: FamilyFixture['adamw'];
  readonly families: Readonly<Record<string, AboutFamily>>;
}

type AboutFamily = Pick<FamilyFixture, 'config' | 'losses' | 'gradientNorms'> & {
  readonly parameters: Readonly<Record<string, PortableParameter>>;
};

export function fixtureOf({ seed, adamw, families }: About, type: string, file: FixtureName): FamilyFixture {
  const { config, losses, gradientNorms, parameters } = families[type];
  return {
    ...{ config, losses, gradientNorms, adamw },
    async tensors() {
      const all = await fixtureTensors(file);
      const own = [...all].filter(([name]) => !name.includes('/') || name.startsWith(`${type}/`));
      return new Map(own.map(([name, tensor]) => [name.replace(`${type}/`, ''), tensor]));
    },
    weights() {
      const data = portableWeights(parameters, type, seed);
      const shaped = ([name, values]: [string, Float32Array]): [string, FixtureTensor] => [
        name,
        { shape: [...parameters[name].shape], data: values },
      ];
      return Promise.resolve(new Map([...data].map(shaped)));
    },
  };
}
