/** Every op. To add one: copy a folder, edit its files, add a line. */
export * from './activation/activation';
export * from './adamw/adamw';
export * from './add/add';
export * from './cross_entropy/cross_entropy';
export * from './multiply/multiply';
export * from './norm_clip/norm_clip';
export * from './scale/scale';
