/** What pages of guides and of the reference say in English, beside their own texts. */
export const english = {
  find: 'Find a name, or words of its description',
  found: (count: number, of: number) => `${count} of ${of} names`,
};

export type DocsStrings = typeof english;
