/** What pages of guides say in English, beside the guides themselves. */
export const english = {};

export type DocsStrings = typeof english;
