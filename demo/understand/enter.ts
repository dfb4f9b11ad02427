/** The page Understand: see `PageModule`. */
import type { PageModule } from '../site/page';
import { chinese } from './chinese';
import { english } from './english';
import { UnderstandPage } from './page';

export const strings: PageModule['strings'] = { en: english, zh: chinese };
export const enter: PageModule['enter'] = (_, context) => new UnderstandPage(context).start();
