export * from './safetensors';
export * from './text';
export * from './tokenizer';
