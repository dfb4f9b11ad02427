import { goodNamed } from './goods';

/** Customers to begin with; nobody of them is among those who were learnt from. */
export const PRESETS = {
  camper: ['tent', 'coffee beans', 'sleeping bag', 'hand grinder', 'pour-over cone'],
  guitarist: ['guitar', 'flour', 'picks', 'mixing bowl', 'tuner', 'kitchen scale'],
  cyclist: ['camera', 'bicycle', 'helmet', 'memory card', 'yarn', 'bike lock'],
  climber: ['climbing shoes'],
} as const;
export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

export const itemsOf = (name: PresetName): number[] => PRESETS[name].map(goodNamed);
