/**
 * `--param name=value`, for the commands that take parameters of a template.
 */

import { parse } from 'yaml';

import { EXIT, ExitWith } from '../exit.ts';

/** `web_count=2` is a number, `name="2"` a text: a value is read as YAML reads it. */
export function collectParameter(
  text: string,
  before: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const separator = text.indexOf('=');
  if (separator < 1) throw new ExitWith(EXIT.usage, `--param ${text}: write it as name=value`);
  return { ...before, [text.slice(0, separator)]: yamlValue(text.slice(separator + 1)) };
}

export function yamlValue(text: string): unknown {
  try {
    return text === '' ? '' : (parse(text) as unknown);
  } catch {
    return text; // not YAML, so a text
  }
}
