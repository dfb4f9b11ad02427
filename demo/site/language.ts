/** A language of the site, and a text in both. */
export type Language = 'en' | 'zh';
export type Both<T = string> = Readonly<Record<Language, T>>;

/** For the lang attribute. */
export const LANG: Both = { en: 'en', zh: 'zh-Hans' };
