/** Every op. To add one: copy a folder, edit its files, add a line. */
export * from './activation/activation';
export * from './adamw/adamw';
export * from './add/add';
export * from './column_sum/column_sum';
export * from './cross_entropy/cross_entropy';
export * from './dropout/dropout';
export * from './embedding/embedding';
export * from './gated/gated';
export * from './layernorm/layernorm';
export * from './multiply/multiply';
export * from './norm_clip/norm_clip';
export * from './rmsnorm/rmsnorm';
export * from './scale/scale';
export * from './select_rows/select_rows';
