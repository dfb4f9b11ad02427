/** Whether a file is certainly no text: those have no zero bytes. */
export async function isBinary(file: Blob): Promise<boolean> {
  return new Uint8Array(await file.slice(0, 4096).arrayBuffer()).includes(0);
}

/** Whether a file's name is that of weights or checkpoints. */
export const isWeights = ({ name }: File): boolean => /\.(safetensors|bin|pt|ckpt)$/i.test(name);
