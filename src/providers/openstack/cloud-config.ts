/**
 * One cloud, fully read: what `clouds-yaml.ts` makes out of a person's files and what the client works from.
 */

import type { Secret } from './secret.ts';

/** A user, project or domain is named by its id, or by its name within a domain. */
export type DomainRef = { readonly id: string } | { readonly name: string };
export type NamedRef = { readonly id: string } | { readonly name: string; readonly domain: DomainRef };

export type Credentials =
  | { readonly method: 'password'; readonly user: NamedRef; readonly password: Secret }
  | {
      readonly method: 'application_credential';
      readonly credential: { readonly id: string } | { readonly name: string; readonly user: NamedRef };
      readonly secret: Secret;
    }
  | { readonly method: 'token'; readonly token: Secret };

/** PEM texts, not paths. */
export interface TlsConfig {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: Secret;
  /** false: any certificate is accepted. */
  readonly verify: boolean;
}

export interface CloudConfig {
  /** Its name in clouds.yaml. */
  readonly name: string;
  /** Ends with `/v3`, no slash behind it. */
  readonly authUrl: string;
  readonly credentials: Credentials;
  /** Absent for application credentials, which carry their project. */
  readonly project?: NamedRef;
  /** Needed only when the catalogue has more than one. */
  readonly regionName?: string;
  readonly interface: 'public' | 'internal' | 'admin';
  readonly tls: TlsConfig;
  /** Endpoints that replace those of the catalogue. */
  readonly endpoints: { readonly compute?: string; readonly network?: string; readonly image?: string };
  /** `2.N`; replaces our own preference. */
  readonly computeMicroversion?: string;
}

/** One thing that is wrong in a configuration. Never holds a value of a secret. */
export interface ConfigFault {
  readonly file: string;
  /** Dotted path of the setting. */
  readonly key: string;
  readonly problem: string;
  readonly remedy: string;
}

/** All that is wrong with a cloud's configuration, in one report. */
export class CloudConfigInvalid extends Error {
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    super(faults.map(({ file, key, problem, remedy }) => `${file}: ${key} ${problem}. ${remedy}`).join('\n'));
    this.name = 'CloudConfigInvalid';
    this.faults = faults;
  }
}
