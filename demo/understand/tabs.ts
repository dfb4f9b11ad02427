/** What the page does with a text: one tab each. */
export const TAB_NAMES = ['fill', 'classify', 'tag', 'ask', 'search'] as const;
export type TabName = (typeof TAB_NAMES)[number];
