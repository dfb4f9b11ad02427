/** Kinds of adapters that a command line trains, those that PEFT reads: by themselves, so that `--help` loads nothing else. */
export const TUNE_KINDS = ['lora', 'dora', 'adalora', 'ia3', 'prefix', 'prompt', 'p-tuning'] as const;
export type TuneKind = (typeof TUNE_KINDS)[number];
