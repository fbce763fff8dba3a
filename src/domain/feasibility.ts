/**
 * What can be said before anything is made: whether each thing asked for exists and is allowed, and whether all of it
 * together fits.
 */

export const VERDICTS = ['pass', 'fail', 'unknown'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** One question about a node. */
export interface Check {
  /** What was asked about: `flavor`, `image`, `external_network`, `key_pair`, `security_group`, `quota`, `host_capacity`. */
  readonly what: string;
  readonly verdict: Verdict;
  /** One sentence for a person; for `unknown`, why it cannot be told. */
  readonly reason: string;
  readonly remedy?: string;
}

/** Amounts of quota by the cloud's own names: `instances`, `cores`, `ram_mb`, `networks`, `subnets`, `routers`, `ports`. */
export type Uses = Readonly<Record<string, number>>;

/** By the same names; `limit` is null where there is none. */
export type Quotas = Readonly<Record<string, { readonly limit: number | null; readonly used: number }>>;
