/**
 * API keys on the wire. The key itself is answered once, at its creation, and is stored hashed.
 */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { displayName } from './name.ts';
import { list, oneOf, shape, timestamp, uuid } from './shape.ts';

/** From least to most; a higher scope includes the lower ones. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export const CreateKeyBody = shape(
  'CreateKeyBody',
  { name: displayName(), scope: oneOf(SCOPES) },
  { description: 'A new API key.' },
);
export type CreateKeyBody = Static<typeof CreateKeyBody>;

const keyProperties = { id: uuid(), name: Type.String(), scope: oneOf(SCOPES), created_at: timestamp() };

export const ApiKey = shape('ApiKey', keyProperties, { description: 'An API key without its secret.' });
export type ApiKey = Static<typeof ApiKey>;

export const CreatedKey = shape(
  'CreatedKey',
  { ...keyProperties, key: Type.String({ description: 'The secret. It is never shown again.' }) },
  { description: 'A new API key with its secret.' },
);
export type CreatedKey = Static<typeof CreatedKey>;

export const KeyList = shape('KeyList', { items: list(ApiKey) }, { description: 'Keys without their secrets.' });
export type KeyList = Static<typeof KeyList>;
