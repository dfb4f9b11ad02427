import { Page } from './page';

await new Page().start();
