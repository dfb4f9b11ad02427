import { LaboratoryPage } from './page';

void new LaboratoryPage().start();
