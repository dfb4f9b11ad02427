/** What a page that trains and runs a GPT ships, for the harness to weigh. */
export * from '../../engine/index';
export { Generator } from '../../models/generation/generator';
export { GPT } from '../../models/gpt';
