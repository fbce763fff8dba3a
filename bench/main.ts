/** draft */
import { measureAcceptAndQuery } from './accept-and-query.ts';
console.log(JSON.stringify(await measureAcceptAndQuery(), null, 1));
