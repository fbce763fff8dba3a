/**
 * Shows what a configuration came to, as YAML, without secrets: for `--explain` and for support requests.
 */

import { stringify } from 'yaml';

import type { Config } from './load-config.ts';

const HIDDEN = '(set, not shown)';

/** The effective configuration as YAML text; secrets are replaced by a word. */
export function explainConfig(config: Config): string {
  const { file, admin_key: adminKey, database_url: databaseUrl, api_keys: keys, ...rest } = config;
  const head = file === undefined ? '# No configuration file; defaults.\n' : `# From ${file}\n`;
  const shown = {
    ...rest,
    database_url: databaseUrl === undefined ? '(embedded)' : withoutCredentials(databaseUrl),
    admin_key: adminKey === undefined ? '(made at the first start)' : HIDDEN,
    api_keys: keys.map(({ name, scope }) => ({ name, scope, key: HIDDEN })),
  };
  return head + stringify(shown);
}

/** Host and database only; when the URL is of a strange kind, nothing at all. */
function withoutCredentials(url: string): string {
  if (!URL.canParse(url)) return HIDDEN;
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
