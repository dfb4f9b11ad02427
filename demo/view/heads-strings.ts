import type { Both } from '../site/language';
import type { HeadsStrings } from './heads-view';

/** What views of heads say on every page. */
export const HEADS: Both<HeadsStrings> = {
  en: {
    headOf: (layer, head) => `${layer}, head ${head}`,
    cell: (row, column, share) => `“${row}” draws ${share} of its attention from “${column}”`,
    rollout: 'All layers and heads together (attention rollout)',
    pointHint: 'Point at a cell, or walk with the arrow keys.',
    rows: 'reads',
    columns: 'is read',
  },
  zh: {
    headOf: (layer, head) => `${layer}，头 ${head}`,
    cell: (row, column, share) => `“${row}”有 ${share} 的注意力来自“${column}”`,
    rollout: '所有层和头合在一起（attention rollout）',
    pointHint: '指向一个格子，或用方向键移动。',
    rows: '在读',
    columns: '被读',
  },
};
