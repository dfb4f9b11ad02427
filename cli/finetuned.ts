/** Tasks that checkpoints are fine-tuned to: by themselves, so that `--help` loads nothing else. */
export const FINETUNED = ['classify', 'regress', 'tag', 'answer', 'embed'] as const;
export type FinetunedTask = (typeof FINETUNED)[number];

export const isFinetuned = (task: string | undefined): task is FinetunedTask =>
  (FINETUNED as readonly (string | undefined)[]).includes(task);
