/**
 * Refusals on the wire: problem details of RFC 9457 (https://www.rfc-editor.org/rfc/rfc9457), extended by the code,
 * a remedy, the request id and the faults of the input.
 */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { ERROR_CATALOGUE } from '../domain/errors.ts';
import type { ErrorCode } from '../domain/errors.ts';
import { anyJson, list, oneOf, shape } from './shape.ts';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';
export const PROBLEM_TYPE_PREFIX = 'urn:groundwork:error:';

export const ERROR_CODES = Object.keys(ERROR_CATALOGUE) as ErrorCode[]; // the catalogue's keys are its codes

export const ProblemFault = shape(
  'ProblemFault',
  {
    pointer: Type.String({
      description: 'RFC 6901 JSON pointer into the body, or `query/status`, `path/id`, `header/Idempotency-Key`.',
    }),
    detail: Type.String(),
    value: Type.Optional(anyJson({ description: 'The offending value.' })),
    remedy: Type.String(),
  },
  { description: 'One thing that is wrong with the input.' },
);
export type ProblemFault = Static<typeof ProblemFault>;

export const Problem = shape(
  'Problem',
  {
    type: Type.String({ description: '`urn:groundwork:error:<code>`.' }),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    code: oneOf(ERROR_CODES),
    detail: Type.String({ description: 'One sentence about this very case.' }),
    remedy: Type.String({ description: 'What to do.' }),
    request_id: Type.String({ description: 'Same as the header X-Request-Id.' }),
    errors: Type.Optional(list(ProblemFault)),
  },
  { description: 'Why the request was refused.' },
);
export type Problem = Static<typeof Problem>;
