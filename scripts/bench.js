/**
 * `npm run bench`: compiles like everything else, then runs `bench/main.ts`. Measuring under a test runner or a
 * transpiling loader would measure those.
 */
import { ensureBuilt, ensureInstalled } from './ensure.js';

ensureInstalled();
ensureBuilt();
await import('../dist/bench/main.js');
