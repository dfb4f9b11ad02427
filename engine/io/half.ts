export * from '../runtime/half';
