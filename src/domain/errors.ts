/**
 * The catalogue of everything that Groundwork refuses or fails with. One class carries a code, a public sentence and
 * the faults; it knows no transport. `contract/` gives every code its HTTP status, `docs/reference/errors.md` is
 * generated from this table.
 */

import type { Json } from './json.ts';

export const ERROR_CATALOGUE = {
  malformed_body: {
    retryable: false,
    title: 'The request body is not valid JSON',
    remedy: 'Send one JSON object with Content-Type: application/json.',
  },
  invalid_request: {
    retryable: false,
    title: 'The request does not fit the contract',
    remedy: 'Correct the fields listed in `errors`; GET /openapi.json shows the contract.',
  },
  body_too_large: { retryable: false, title: 'The request body is too large', remedy: 'Send at most 1 MiB.' },
  unsupported_media_type: {
    retryable: false,
    title: 'The request body has an unknown media type',
    remedy: 'Send Content-Type: application/json.',
  },
  unauthenticated: {
    retryable: false,
    title: 'No valid API key',
    remedy: 'Send a key in the header X-API-Key or as Authorization: Bearer.',
  },
  forbidden: {
    retryable: false,
    title: 'The API key does not allow this',
    remedy: 'Use a key with the scope that is named.',
  },
  not_found: { retryable: false, title: 'There is no such thing', remedy: 'Check the id or name; list what exists.' },
  method_not_allowed: {
    retryable: false,
    title: 'This path does not know this method',
    remedy: 'GET /openapi.json shows what each path allows.',
  },
  unknown_template: {
    retryable: false,
    title: 'There is no such template',
    remedy: 'GET /templates lists them; POST /templates adds one.',
  },
  unknown_region: {
    retryable: false,
    title: 'There is no such region',
    remedy: 'GET /regions lists them; regions are declared in groundwork.yaml.',
  },
  invalid_template: {
    retryable: false,
    title: 'The template cannot be used',
    remedy: 'Correct the fields listed in `errors`.',
  },
  invalid_parameters: {
    retryable: false,
    title: 'The parameters do not fit the template',
    remedy: 'Correct the fields listed in `errors`; GET /templates/{name} shows the parameters.',
  },
  template_exists: {
    retryable: false,
    title: 'A template with this name exists',
    remedy: 'PUT /templates/{name} adds a new version.',
  },
  idempotency_conflict: {
    retryable: false,
    title: 'The idempotency key was used for another request',
    remedy: 'Use a new Idempotency-Key for a new request.',
  },
  infeasible: {
    retryable: false,
    title: 'The plan cannot work',
    remedy: 'Correct what `errors` names; `?skip_checks=true` goes on regardless.',
  },
  quota_exceeded: {
    retryable: true,
    title: 'The region has too little quota',
    remedy: 'Ask for less, remove what is not needed, wait for the runs that are named, or have the quota raised.',
  },
  over_budget: {
    retryable: false,
    title: 'The plan exceeds a budget',
    remedy: 'Ask for less, or raise the budget.',
  },
  plan_stale: {
    retryable: false,
    title: 'The plan that was shown is not the plan any more',
    remedy: 'Look at the difference in `errors`, then ask for a new dry run.',
  },
  plan_applied: {
    retryable: false,
    title: 'The plan was applied already',
    remedy: 'Ask for a new dry run.',
  },
  invalid_ttl: {
    retryable: false,
    title: 'The time to live cannot be used',
    remedy: 'Write 90m, 72h, 7d or 1d12h, or as in ISO 8601: PT72H, P7D.',
  },
  invalid_webhook: {
    retryable: false,
    title: 'The webhook cannot be used',
    remedy: 'Correct the fields listed in `errors`.',
  },
  healing_stopped: {
    retryable: false,
    title: 'Healing has stopped',
    remedy: 'Find out why so much looks missing; then order the heal with force=true.',
  },
  region_unreachable: {
    retryable: true,
    title: 'The region cannot be reached',
    remedy: 'GET /regions tells why; try again when it can be reached.',
  },
  unknown_playbook: {
    retryable: false,
    title: 'There is no such playbook',
    remedy: 'Put the playbook into the playbooks directory of the server (playbooks_dir in groundwork.yaml).',
  },
  invalid_play: {
    retryable: false,
    title: 'The playbook cannot be played like this',
    remedy: 'Correct the fields listed in `errors`.',
  },
  inputs_changed: {
    retryable: false,
    title: 'The inputs of the earlier run are no longer the same',
    remedy: 'Put back what was changed; or configure without rerun, with what is there now.',
  },
  run_in_progress: { retryable: true, title: 'Another run is in progress', remedy: 'Wait for it, or cancel it.' },
  not_possible_now: {
    retryable: false,
    title: 'The deployment is not in a state that allows this',
    remedy: 'GET the deployment to see its state.',
  },
  not_ready: {
    retryable: true,
    title: 'The server is not ready',
    remedy: 'Try again in a moment; GET /health/ready tells what is missing.',
  },
  internal: {
    retryable: true,
    title: 'Something went wrong inside',
    remedy: 'Try again; if it stays, report it with the request id.',
  },
} as const satisfies Record<string, { retryable: boolean; title: string; remedy: string }>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** One thing that is wrong with an input. */
export interface Fault {
  /** RFC 6901 JSON pointer into the input, or `header/X-API-Key`, `query/status`, `path/id`. */
  readonly pointer: string;
  /** One sentence that names what is wrong. */
  readonly detail: string;
  /** The offending value; absent for secrets and for missing fields. */
  readonly value?: Json;
  /** What to do. */
  readonly remedy: string;
}

export class GroundworkError extends Error {
  readonly code: ErrorCode;
  /** Public sentence about this very case. */
  readonly detail: string;
  readonly faults: readonly Fault[];
  readonly remedy: string;

  constructor(
    code: ErrorCode,
    detail: string,
    more: { faults?: readonly Fault[]; remedy?: string; cause?: unknown } = {},
  ) {
    super(`${code}: ${detail}`, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'GroundworkError';
    this.code = code;
    this.detail = detail;
    this.faults = more.faults ?? [];
    this.remedy = more.remedy ?? ERROR_CATALOGUE[code].remedy;
  }
}
