/**
 * What the simulated cloud remembers, as plain JSON values: a row is written to disk as it is.
 *
 * Field names follow the services' own databases and APIs. Times are milliseconds since 1970 unless said otherwise.
 */

export interface ProjectRow {
  id: string;
  name: string;
  description: string;
  enabled: boolean;
  domain_id: string;
}

export interface UserRow {
  id: string;
  name: string;
  domain_id: string;
  enabled: boolean;
  /** Any of these opens; see the README about `admin`. */
  passwords: string[];
}

export interface RoleRow {
  id: string;
  name: string;
}

/** id is `project/user/role`. */
export interface AssignmentRow {
  id: string;
  project_id: string;
  user_id: string;
  role_id: string;
}

export interface ApplicationCredentialRow {
  id: string;
  name: string;
  secret: string;
  user_id: string;
  project_id: string;
  description: string | null;
  roles: string[];
  unrestricted: boolean;
  expires_at: string | null;
}

export interface TokenRow {
  /** What travels in X-Auth-Token. */
  id: string;
  methods: string[];
  user_id: string;
  /** Null when unscoped. */
  project_id: string | null;
  /** Names. */
  roles: string[];
  admin: boolean;
  issued_at: number;
  expires_at: number;
  audit_id: string;
}

export interface FlavorRow {
  id: string;
  name: string;
  ram: number;
  vcpus: number;
  disk: number;
  ephemeral: number;
  swap: number;
  rxtx_factor: number;
  is_public: boolean;
  disabled: boolean;
  description: string | null;
  extra_specs: Record<string, string>;
}

/** id is `user/name`. */
export interface KeypairRow {
  id: string;
  name: string;
  user_id: string;
  type: string;
  public_key: string;
  fingerprint: string;
  created_at: number;
}

/** id is the project's; absent fields take the defaults. */
export interface QuotaRow {
  id: string;
  limits: Record<string, number>;
}

/** One entry of `networks` in POST /servers, resolved. */
export interface NicRequest {
  network_id: string | undefined;
  port_id: string | undefined;
  fixed_ip: string | undefined;
}

export type LifeStep =
  | 'schedule'
  | 'network'
  | 'spawn'
  | 'destroy'
  | 'reboot'
  | 'start'
  | 'stop'
  | 'pause'
  | 'unpause'
  | 'suspend'
  | 'resume'
  | 'resize'
  | 'confirm'
  | 'revert';

/** One thing done to a server. */
export interface ActionRow {
  action: string;
  request_id: string;
  user_id: string;
  project_id: string;
  message: string | null;
  start: number;
  updated: number;
  /** `words` are of a failure. */
  events: { event: string; start: number; finish: number; result: string; words?: string }[];
}

export interface ServerRow {
  id: string;
  name: string;
  project_id: string;
  user_id: string;
  vm_state: string;
  task_state: string | null;
  power_state: number;
  flavor: FlavorRow;
  /** During a resize the wanted size, after it the former one. */
  other_flavor: FlavorRow | null;
  /** State of the machine to which the end of a resize returns; only during one. */
  before_resize?: string;
  /** Oldest first; not in rows that an earlier version of the simulator stored. */
  actions?: ActionRow[];
  image_id: string;
  metadata: Record<string, string>;
  tags: string[];
  description: string | null;
  key_name: string | null;
  security_groups: string[];
  user_data: string | null;
  config_drive: string;
  disk_config: string;
  availability_zone: string;
  hostname: string;
  access_ip_v4: string;
  access_ip_v6: string;
  reservation_id: string;
  locked: boolean;
  locked_reason: string | null;
  /** `buried`: it never reached a cell, and no list shows its fault. */
  fault: { code: number; message: string; created: number; details?: string; buried?: boolean } | null;
  /** Null until scheduled. */
  host: string | null;
  nics: NicRequest[];
  ports: { id: string; owned: boolean }[];
  /** What the API shows; filled late, as in nova's network info cache. */
  addresses: Record<string, { version: number; addr: string; mac: string; type: string }[]>;
  created: number;
  updated: number;
  launched_at: number | null;
  terminated_at: number | null;
  /** Failures ordered by the test that are still to come; never shown. */
  doom: { spawn: string | null; destroys: number };
  /** The step of its life that comes next, and when. */
  next: { step: LifeStep; at: number } | null;
}

/** The standard attributes of every Neutron resource. Times are ISO, as Neutron shows them. */
export interface NeutronRow {
  id: string;
  project_id: string;
  description: string;
  tags: string[];
  created_at: string;
  updated_at: string;
  revision_number: number;
}

export interface NetworkRow extends NeutronRow {
  name: string;
  admin_state_up: boolean;
  shared: boolean;
  external: boolean;
  mtu: number;
  port_security_enabled: boolean;
  network_type: string;
  physical_network: string | null;
  segmentation_id: number | null;
  availability_zone_hints: string[];
}

export interface SubnetRow extends NeutronRow {
  name: string;
  network_id: string;
  ip_version: 4 | 6;
  cidr: string;
  gateway_ip: string | null;
  enable_dhcp: boolean;
  allocation_pools: { start: string; end: string }[];
  dns_nameservers: string[];
  host_routes: { destination: string; nexthop: string }[];
  ipv6_ra_mode: string | null;
  ipv6_address_mode: string | null;
}

export interface FixedIp {
  subnet_id: string;
  ip_address: string;
}

export interface PortRow extends NeutronRow {
  name: string;
  network_id: string;
  mac_address: string;
  admin_state_up: boolean;
  status: string;
  device_id: string;
  device_owner: string;
  fixed_ips: FixedIp[];
  security_groups: string[];
  port_security_enabled: boolean;
  allowed_address_pairs: { ip_address: string; mac_address: string }[];
  vnic_type: string;
  host: string;
  profile: Record<string, unknown>;
}

export interface RouterRow extends NeutronRow {
  name: string;
  admin_state_up: boolean;
  gateway: { network_id: string; enable_snat: boolean; port_id: string } | null;
  routes: { destination: string; nexthop: string }[];
}

export interface FloatingIpRow extends NeutronRow {
  floating_ip_address: string;
  floating_network_id: string;
  /** The port on the external network that holds the address. */
  own_port_id: string;
  port_id: string | null;
  fixed_ip_address: string | null;
  router_id: string | null;
  status: string;
}

export interface SecurityGroupRow extends NeutronRow {
  name: string;
  stateful: boolean;
}

export interface SecurityGroupRuleRow extends NeutronRow {
  security_group_id: string;
  direction: string;
  ethertype: string;
  protocol: string | null;
  port_range_min: number | null;
  port_range_max: number | null;
  remote_ip_prefix: string | null;
  remote_group_id: string | null;
}

export interface ImageRow {
  id: string;
  name: string;
  status: string;
  visibility: string;
  owner: string;
  size: number;
  checksum: string;
  os_hash_value: string;
  min_disk: number;
  min_ram: number;
  disk_format: string;
  container_format: string;
  protected: boolean;
  tags: string[];
  properties: Record<string, string>;
  created_at: string;
  updated_at: string;
}
