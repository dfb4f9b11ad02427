/** Guides stand still; the reference finds names. See `PageModule`. */
import type { PageModule } from '../site/page';
import { chinese } from './chinese';
import { english } from './english';
import { findNames } from './find-names';

export const strings: PageModule['strings'] = { en: english, zh: chinese };

export const enter: PageModule['enter'] = (main, context) => {
  const finder = main.querySelector('#find') ? findNames(context) : null;
  return { engine: null, say: () => finder?.say(), arrive: () => finder?.arrive() };
};
