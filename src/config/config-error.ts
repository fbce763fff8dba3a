/**
 * Everything that is wrong with a configuration, in one report: a person corrects all of it in one go instead of
 * meeting one complaint per start.
 */

export interface ConfigFault {
  /** `groundwork.yaml:3:9`, `GROUNDWORK_PORT` or `--port`. */
  readonly where: string;
  /** Dotted key, for example `server.port`; empty for the file as a whole. */
  readonly key: string;
  /** What is wrong, with the offending value unless it may be a secret. */
  readonly detail: string;
  readonly remedy: string;
}

export class ConfigError extends Error {
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    super(renderFaults(faults));
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

function renderFaults(faults: readonly ConfigFault[]): string {
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  const blocks = faults.map(
    ({ where, key, detail, remedy }) => `  ${where}${key === '' ? '' : `  ${key}`}\n    ${detail}\n    ${remedy}`,
  );
  return [`The configuration has ${count}:`, ...blocks].join('\n');
}
