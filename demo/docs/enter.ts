/** The guides: nothing moves. See `PageModule`. */
import type { PageModule } from '../site/page';
import { chinese } from './chinese';
import { english } from './english';

export const strings: PageModule['strings'] = { en: english, zh: chinese };
export const enter: PageModule['enter'] = () => ({ engine: null, say: () => undefined });
