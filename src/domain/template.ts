/**
 * Templates: what a deployment is made of, with parameters left open.
 */

import type { JsonObject } from './json.ts';

export interface TierTemplate {
  /** Flavor name or id. */
  readonly flavor: string;
  /** Image name or id. */
  readonly image: string;
  readonly count: number;
  readonly min_count?: number;
  readonly max_count?: number;
  /** Subnet name in `network_config.subnets`; default: the subnet named like the tier, or the only one. */
  readonly subnet?: string;
  readonly security_groups?: readonly string[];
  readonly key_name?: string;
  /** Plain text; encoded for the cloud by the provider. At most 65535 bytes once base64-encoded. */
  readonly user_data?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface NetworkTemplate {
  /** IPv4 range that holds all subnets, for example `10.0.0.0/16`. */
  readonly cidr: string;
  /** Subnet name → IPv4 CIDR. */
  readonly subnets: Readonly<Record<string, string>>;
  /** Name servers handed out by DHCP. */
  readonly dns?: readonly string[];
  readonly router?: { readonly external_network?: string };
}

export interface TemplateBody {
  readonly vm_config: Readonly<Record<string, TierTemplate>>;
  readonly network_config: NetworkTemplate;
  /** JSON Schema (draft 2020-12 object schema) of the template's own parameters, referenced as `${name}`. */
  readonly parameters?: JsonObject;
}

export interface Template {
  readonly name: string;
  /** Counts from 1. */
  readonly version: number;
  readonly description: string | null;
  /** As it was written: values may hold `${parameter}`. */
  readonly body: JsonObject;
  readonly createdAt: string;
}

/** The name of a tier or subnet: it becomes part of resource keys and of names in the cloud. */
export const PART_NAME_PATTERN = '^[a-z][a-z0-9-]{0,30}$';
