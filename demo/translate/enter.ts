/** The Translate page: see `PageModule`. */
import type { PageModule } from '../site/page';
import { chinese } from './chinese';
import { english } from './english';
import { TranslatePage } from './page';

export const strings: PageModule['strings'] = { en: english, zh: chinese };
export const enter: PageModule['enter'] = (_, context) => new TranslatePage(context).start();
