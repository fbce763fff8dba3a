/**
 * Settings of one cloud as a person wrote them, with a notebook for what is wrong. Readers ask for a setting by the
 * names it goes by and carry on after a fault, so that everything wrong is reported at once.
 */

import type { ConfigFault } from './cloud-config.ts';

export type RawMap = Readonly<Record<string, unknown>>;

export class CloudSettings {
  readonly faults: ConfigFault[] = [];
  readonly #file: string;
  readonly #prefix: string;
  readonly #raw: RawMap;
  readonly #auth: RawMap;

  /** @param prefix what stands before a key in reports: `clouds.lab.`, or `OS_` for environment variables. */
  constructor(source: { readonly file: string; readonly prefix: string; readonly raw: RawMap }) {
    this.#file = source.file;
    this.#prefix = source.prefix;
    this.#raw = source.raw;
    this.#auth = isMap(source.raw['auth']) ? source.raw['auth'] : {};
  }

  /** The first of these settings that is there, as text. Looks under `auth` first, as OpenStack's own tools do. */
  text(...names: readonly string[]): string | undefined {
    for (const name of names) {
      const value = this.#auth[name] ?? this.#raw[name];
      if (value === undefined || value === null || value === '') continue;
      if (typeof value === 'string' || typeof value === 'number') return String(value);
      this.fault(name, 'must be a text', 'Write it as a quoted string.');
    }
    return undefined;
  }

  required(name: string, remedy: string): string {
    const value = this.text(name);
    if (value === undefined) this.fault(name, 'is missing', remedy);
    return value ?? '';
  }

  /** YAML has booleans, environment variables only texts. */
  flag(name: string): boolean | undefined {
    const value = this.#raw[name];
    if (value === undefined || value === null || value === '') return undefined;
    const known = { true: true, false: false, '1': true, '0': false, yes: true, no: false }[
      String(value).toLowerCase()
    ];
    if (known === undefined) this.fault(name, 'must be true or false', 'Write true or false.');
    return known;
  }

  list(name: string): readonly unknown[] {
    const value = this.#raw[name];
    return Array.isArray(value) ? value : [];
  }

  fault(name: string, problem: string, remedy: string): void {
    this.faults.push({ file: this.#file, key: this.#keyOf(name), problem, remedy });
  }

  #keyOf(name: string): string {
    if (this.#prefix === 'OS_') return `OS_${name.toUpperCase()}`;
    return `${this.#prefix}${AUTH_SETTING.test(name) ? 'auth.' : ''}${name}`;
  }
}

const AUTH_SETTING = /^(auth_url|user|password|project|application_credential|token$|default_domain)/;

export function isMap(value: unknown): value is RawMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
