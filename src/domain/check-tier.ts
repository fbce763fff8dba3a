/**
 * What one tier of a template must be by itself: texts that a cloud can take, and counts within their bounds.
 */

import type { Fault } from './errors.ts';
import type { Json } from './json.ts';
import { escapePointer } from './merge-template.ts';
import type { TierTemplate } from './template.ts';

export interface CountCeiling {
  readonly maxCountPerTier: number;
}

type IsOpen = (value: unknown) => boolean;

const MOST_CHARACTERS = 255;
/** Base64 of so many bytes is the longest that stays within the 65535 characters that clouds take. */
const MOST_USER_DATA_BYTES = 49_149;

/** Faults of the texts of a tier, wherever a parameter may have brought in something else. */
export function checkTexts(at: string, config: TierTemplate): Fault[] {
  const { flavor, image, key_name, security_groups = [], user_data, metadata = {} } = config;
  return [
    ...checkName(`${at}/flavor`, 'flavor', flavor),
    ...checkName(`${at}/image`, 'image', image),
    ...(key_name === undefined ? [] : checkName(`${at}/key_name`, 'key pair', key_name)),
    ...security_groups.flatMap((group, index) => checkName(`${at}/security_groups/${index}`, 'security group', group)),
    ...(user_data === undefined ? [] : checkUserData(`${at}/user_data`, user_data)),
    ...Object.entries(metadata).flatMap(([key, value]) => checkMetadata(`${at}/metadata/${escapePointer(key)}`, value)),
  ];
}

/** A name by which the cloud knows something. */
export function checkName(pointer: string, noun: string, value: unknown): Fault[] {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= MOST_CHARACTERS) return [];
  const detail = `the ${noun} must be a text of 1 to ${MOST_CHARACTERS} characters`;
  return [fault({ pointer, detail, remedy: `Name the ${noun} as the cloud knows it.` }, value)];
}

function checkMetadata(pointer: string, value: unknown): Fault[] {
  if (typeof value === 'string' && value.length <= MOST_CHARACTERS) return [];
  const detail = `a metadata value must be a text of at most ${MOST_CHARACTERS} characters`;
  return [fault({ pointer, detail, remedy: 'Give a text, or declare its parameter as one.' }, value)];
}

function checkUserData(pointer: string, value: unknown): Fault[] {
  if (typeof value !== 'string') {
    return [fault({ pointer, detail: 'user_data must be a text', remedy: 'Give the text for cloud-init.' }, value)];
  }
  const bytes = new TextEncoder().encode(value).length;
  if (bytes <= MOST_USER_DATA_BYTES) return [];
  const detail = `user_data has ${bytes} bytes, more than the ${MOST_USER_DATA_BYTES} that a cloud takes`;
  return [{ pointer, detail, remedy: 'Shorten it, or let cloud-init fetch the rest.' }];
}

export function checkCounts(tier: string, config: TierTemplate, limits: CountCeiling, isOpen: IsOpen): Fault[] {
  const at = `/vm_config/${escapePointer(tier)}`;
  const faults = (['count', 'min_count', 'max_count'] as const).flatMap((field): Fault[] => {
    const value: unknown = config[field];
    const pointer = `${at}/${field}`;
    if ((value === undefined && field !== 'count') || isOpen(value)) return [];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
      const detail = `${field} of tier ${tier} must be a whole number, 0 or more`;
      return [fault({ pointer, detail, remedy: 'Give a whole number.' }, value)];
    }
    if (value <= limits.maxCountPerTier) return [];
    const detail = `${field} of tier ${tier} is above the ceiling of ${limits.maxCountPerTier}`;
    const remedy = 'Ask for fewer, or raise limits.max_count_per_tier in groundwork.yaml.';
    return [fault({ pointer, detail, remedy }, value)];
  });
  return faults.length > 0 ? faults : checkBounds(tier, config, isOpen);
}

function checkBounds(tier: string, config: TierTemplate, isOpen: IsOpen): Fault[] {
  const { count, min_count: min = 0, max_count: max = Infinity } = config;
  const at = `/vm_config/${escapePointer(tier)}`;
  if (isOpen(min) || isOpen(max)) return [];
  if (min > max) {
    const detail = `min_count of tier ${tier} is above its max_count ${max}`;
    return [fault({ pointer: `${at}/min_count`, detail, remedy: 'Lower min_count or raise max_count.' }, min)];
  }
  if (isOpen(count) || (count >= min && count <= max)) return [];
  const bounds = max === Infinity ? `at least ${min}` : `from ${min} to ${max}`;
  const detail = `tier ${tier} takes ${bounds} servers`;
  return [
    fault(
      {
        pointer: `${at}/count`,
        detail,
        remedy: `Set the count to ${max === Infinity ? `${min} or more` : `a number from ${min} to ${max}`}.`,
      },
      count,
    ),
  ];
}

/** With the offending value, unless there is none. */
function fault(words: Omit<Fault, 'value'>, value: unknown): Fault {
  return value === undefined ? words : { ...words, value: value as Json }; // it came from JSON
}
