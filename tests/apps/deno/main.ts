import { runExamples } from './readme.ts';

console.log(JSON.stringify(await runExamples()));
