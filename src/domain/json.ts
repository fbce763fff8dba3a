/**
 * JSON values as a type. Everything that crosses a durable border (plans, step results, events, ledger rows)
 * is plain JSON, so that a second engine or another reader in another language can take it as it is.
 */

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}
