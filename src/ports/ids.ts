/**
 * Ids and secrets: randomness as an argument.
 */

export interface Ids {
  /** A UUIDv7: unique, and sortable by time of making. */
  newId(): string;
  /** A new API key: 256 random bits as text. */
  newKey(): string;
  /** SHA-256 in hexadecimal. */
  hash(text: string): string;
}
