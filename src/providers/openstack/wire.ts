/**
 * What we read off the wire: only the fields that are used. The shapes are those of the API references
 * (https://docs.openstack.org/api-ref/); the conformance suite holds them against real services.
 */

import type { JsonObject } from '../../domain/json.ts';

/** Keystone, `POST /v3/auth/tokens`; the token itself is the header `X-Subject-Token`. */
export interface WireToken {
  readonly issued_at: string;
  readonly expires_at: string;
  readonly project?: { readonly id: string; readonly name: string };
  readonly catalog?: readonly WireCatalogueService[];
}

export interface WireCatalogueService {
  readonly type: string;
  readonly endpoints: readonly WireEndpoint[];
}

export interface WireEndpoint {
  readonly url: string;
  readonly interface: string;
  readonly region?: string | null;
  readonly region_id?: string | null;
}

/** Nova, version document. Both are empty before microversions. */
export interface WireComputeVersion {
  readonly version?: string;
  readonly min_version?: string;
}

export interface WireNamed {
  readonly id: string;
  readonly name: string;
}

/** Memory in MiB, disk in GiB. */
export interface WireFlavor extends WireNamed {
  readonly vcpus: number;
  readonly ram: number;
  readonly disk: number;
  readonly 'OS-FLV-DISABLED:disabled'?: boolean;
}

export interface WireImage extends WireNamed {
  readonly status: string;
  /** MiB. */
  readonly min_ram?: number;
  /** GiB. */
  readonly min_disk?: number;
  /** Bytes, of the file and of the disk that is inside it. */
  readonly size?: number | null;
  readonly virtual_size?: number | null;
}

export interface WireZone {
  readonly zoneName: string;
  readonly zoneState: { readonly available: boolean };
}

/** Administrators only; the amounts up to microversion 2.87. Memory in MiB, disk in GiB. */
export interface WireHypervisor {
  readonly state: string;
  readonly status: string;
  readonly vcpus?: number;
  readonly vcpus_used?: number;
  readonly memory_mb?: number;
  readonly free_ram_mb?: number;
  readonly local_gb?: number;
  readonly free_disk_gb?: number;
}

/** `GET /limits` of Nova; -1 is without limit. */
export interface WireLimits {
  readonly limits: { readonly absolute: Readonly<Record<string, number>> };
}

/** `GET /quotas/PROJECT/details` of Neutron; -1 is without limit. */
export interface WireQuotaDetails {
  readonly quota: Readonly<
    Record<string, { readonly limit: number; readonly used: number; readonly reserved?: number }>
  >;
}

export interface WireServer extends WireNamed {
  readonly status: string;
  readonly created?: string;
  readonly locked?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly fault?: { readonly code: number; readonly message: string };
  readonly addresses?: Readonly<Record<string, readonly { readonly addr: string; readonly version: number }[]>>;
  /** Embedded from microversion 2.47 on, before that an id. */
  readonly flavor?: { readonly original_name?: string; readonly id?: string };
  /** By name; not there when no port has any. */
  readonly security_groups?: readonly { readonly name: string }[];
  readonly hostId?: string;
  readonly 'OS-EXT-STS:task_state'?: string | null;
  readonly 'OS-EXT-STS:vm_state'?: string;
  readonly 'OS-EXT-STS:power_state'?: number;
  /** Administrators only. */
  readonly 'OS-EXT-SRV-ATTR:host'?: string | null;
}

/** One thing that was done to a server. */
export interface WireInstanceAction {
  /** `create`, `resize`, `confirmResize`, `start`, … */
  readonly action: string;
  readonly request_id: string;
  /** `Error` when it failed. */
  readonly message?: string | null;
  readonly events?: readonly WireInstanceEvent[];
}

export interface WireInstanceEvent {
  readonly event: string;
  /** `Success`, `Error`, or null until it is over. */
  readonly result?: string | null;
  /** Administrators only, from microversion 2.84 on. */
  readonly details?: string | null;
}

/** What all kinds of Neutron have. */
export interface WireNeutronObject {
  readonly id: string;
  readonly name?: string;
  readonly description?: string | null;
  readonly created_at?: string;
}

export interface WireNetwork extends WireNeutronObject {
  readonly status?: string;
  readonly admin_state_up?: boolean;
  readonly mtu?: number;
}

export interface WireSubnet extends WireNeutronObject {
  readonly network_id?: string;
  readonly cidr?: string;
  readonly gateway_ip?: string | null;
  readonly dns_nameservers?: readonly string[];
  readonly enable_dhcp?: boolean;
}

export interface WireRouter extends WireNeutronObject {
  readonly status?: string;
  readonly admin_state_up?: boolean;
  readonly external_gateway_info?: {
    readonly network_id?: string;
    readonly external_fixed_ips?: readonly { readonly ip_address?: string }[];
  } | null;
}

export interface WirePort extends WireNeutronObject {
  readonly status?: string;
  readonly admin_state_up?: boolean;
  readonly network_id?: string;
  readonly project_id?: string;
  readonly device_id?: string;
  readonly device_owner?: string;
  readonly fixed_ips?: readonly { readonly subnet_id: string; readonly ip_address: string }[];
}

/** One page of a listing; the rest of its keys are links. */
export type WirePage = JsonObject;
