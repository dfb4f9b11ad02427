// Setup file of the dawn project.
import { afterAll } from 'vitest';
import { installDawn } from './dawn.mjs';

afterAll(installDawn());
