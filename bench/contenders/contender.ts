/**
 * Somebody who makes the same network, two subnets, router and twenty servers, finds nothing to do, and takes them away.
 */

export const SERVERS = 20;
export const SUBNETS = { a: '10.20.1.0/24', b: '10.20.2.0/24' };
export const FLAVOR = 'm1.small';
export const IMAGE = 'ubuntu-22.04';
export const EXTERNAL_NETWORK = 'public';

export interface Contender {
  readonly name: string;
  /** Returns when all servers are ACTIVE and the contender says that it is done. */
  create(): Promise<void>;
  /** Ways of finding out that nothing is to be done, by what they are. */
  readonly noOps: Readonly<Record<string, () => Promise<void>>>;
  /** Returns when nothing is left. */
  remove(): Promise<void>;
  close(): Promise<void>;
}
