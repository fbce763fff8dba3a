/** The simulated region as handlers see it: its rows, its clock, its slowness and its faults. */
import type { Agenda } from './agenda.ts';
import type { Delays } from './delays.ts';
import type { Faults } from './faults.ts';
import type { State } from './state.ts';

export interface CloudOptions {
  /** Name of the region in the catalogue. */
  readonly region: string;
  /** Password of every seeded account. */
  readonly password: string;
  /** Seconds a token is valid. */
  readonly tokenLifetime: number;
  /** Nova counts against the quota only what has left the scheduler, and checks a second time: see the README. */
  readonly lateQuota: boolean;
  /** Largest page of Nova. */
  readonly novaMaxLimit: number;
  /** Milliseconds that `sim-slow` in a name costs when it gives no number. */
  readonly slow: number;
}

export interface Cloud {
  readonly options: CloudOptions;
  readonly state: State;
  readonly delays: Delays;
  readonly faults: Faults;
  readonly agenda: Agenda;
  /** http://host:port, without a slash at the end; set once the port is known. */
  url: string;
}

export const prefixes = {
  keystone: '/identity',
  nova: '/compute',
  neutron: '/network',
  glance: '/image',
  placement: '/placement',
} as const;

/** `2026-11-21T04:33:55Z` */
export function isoSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** `2026-11-21T04:33:55.000000`, as Python prints a time without zone. */
export function isoMicroseconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 23)}000`;
}
