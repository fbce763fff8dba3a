/**
 * The owner mark: who owns a real object in a cloud, written into the very first call that creates it.
 *
 * The mark names the owner, the resource and its generation, never the attempt: two attempts at the same
 * resource carry the same mark, which is what lets us adopt a lost answer and recognise a twin.
 * Providers store it in the one field that their create call accepts: server metadata, a Neutron description,
 * a freeform tag. This file owns the textual form for fields that take one string.
 */

export interface OwnerMark {
  /** Id of the deployment (or other owner): a UUID. */
  readonly owner: string;
  /** Key of the resource within its owner, for example `server/web/2`. */
  readonly key: string;
  /** Counts from 1; a resource that is made again after it was deleted gets the next one. */
  readonly generation: number;
}

const MARK_PATTERN = /\bgroundwork owner=([0-9a-f-]{36}) key=(\S+) generation=(\d+)\b/;

/** One line for fields such as a Neutron `description` (at most 255 characters there). */
export function formatOwnerMark(mark: OwnerMark): string {
  return `groundwork owner=${mark.owner} key=${mark.key} generation=${mark.generation}`;
}

/** The mark in a text, or undefined when the text is not ours. */
export function parseOwnerMark(text: string | null | undefined): OwnerMark | undefined {
  const match = MARK_PATTERN.exec(text ?? '');
  if (!match) return undefined;
  const [, owner = '', key = '', generation = '0'] = match;
  return { owner, key, generation: Number(generation) };
}

/** The mark as separate fields, for metadata and tag maps. */
export function ownerMarkFields(mark: OwnerMark): Record<string, string> {
  return {
    groundwork_owner: mark.owner,
    groundwork_key: mark.key,
    groundwork_generation: String(mark.generation),
  };
}

/** The mark in a metadata map, or undefined when the object is not ours. */
export function ownerMarkFromFields(fields: Readonly<Record<string, string>> | undefined): OwnerMark | undefined {
  const owner = fields?.['groundwork_owner'];
  const key = fields?.['groundwork_key'];
  const generation = fields?.['groundwork_generation'] ?? '';
  if (!owner || !key || !/^\d+$/.test(generation)) return undefined;
  return { owner, key, generation: Number(generation) };
}

export function sameMark(a: OwnerMark, b: OwnerMark): boolean {
  return a.owner === b.owner && a.key === b.key && a.generation === b.generation;
}
