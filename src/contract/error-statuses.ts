/**
 * The HTTP status of every error code. The type makes the table total: a new code without a status does not compile.
 */

import type { ErrorCode } from '../domain/errors.ts';

export const ERROR_STATUSES = {
  malformed_body: 400,
  invalid_request: 400,
  body_too_large: 413,
  unsupported_media_type: 415,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  unknown_template: 422,
  unknown_region: 422,
  invalid_template: 422,
  invalid_parameters: 422,
  template_exists: 409,
  // https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ (section 2.7) asks for 422.
  idempotency_conflict: 422,
  infeasible: 422,
  quota_exceeded: 409,
  over_budget: 409,
  plan_stale: 409,
  plan_applied: 409,
  invalid_ttl: 422,
  invalid_webhook: 422,
  healing_stopped: 409,
  region_unreachable: 502,
  unknown_playbook: 422,
  invalid_play: 422,
  inputs_changed: 409,
  run_in_progress: 409,
  not_possible_now: 409,
  not_ready: 503,
  internal: 500,
} as const satisfies Record<ErrorCode, number>;
