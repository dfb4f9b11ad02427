/** The page Next: see `PageModule`. */
import type { PageModule } from '../site/page';
import { chinese } from './chinese';
import { english } from './english';
import { NextPage } from './page';

export const strings: PageModule['strings'] = { en: english, zh: chinese };
export const enter: PageModule['enter'] = (_, context) => new NextPage(context).start();
