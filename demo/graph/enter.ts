/** The page Graph: see `PageModule`. */
import type { PageModule } from '../site/page';
import { chinese } from './chinese';
import { english } from './english';
import { GraphPage } from './page';

export const strings: PageModule['strings'] = { en: english, zh: chinese };
export const enter: PageModule['enter'] = (_, context) => new GraphPage(context).start();
