/** The same in Chinese. */
import type { DocsStrings } from './english';

export const chinese: DocsStrings = {
  find: '查找名称或说明中的词（英文）',
  found: (count, of) => `${of} 个名称中的 ${count} 个`,
};
