import { TranslatePage } from './page';

void new TranslatePage().start();
