// Run before each test file of the suites whose files share modules.
import { beginFile } from './op';

beginFile();
