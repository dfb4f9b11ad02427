/** The same in Chinese. */
import type { DocsStrings } from './english';

export const chinese: DocsStrings = {};
