/**
 * What a fresh cloud holds: the accounts, sizes, images and networks of the laboratory cloud that the product's tests
 * against real services use, so that one configuration fits both.
 *
 * Identifiers are derived from names: two fresh simulators have the same ones, and a recorded request fits again.
 */
import { createHash } from 'node:crypto';
import { isoSeconds, type Cloud } from './cloud.ts';
import { neutronTime } from './neutron-collection.ts';
import { fingerprint } from './nova-keypairs.ts';
import type { NeutronRow } from './rows.ts';

const labKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGroundworkSimulatorPublicKeyForTests00000001 lab-key';

/** Fills an empty state. */
export function seed(cloud: Cloud): void {
  seedAccounts(cloud);
  seedQuotas(cloud);
  seedFlavors(cloud);
  seedImages(cloud);
  seedPublicNetwork(cloud);
  const user = hexFor('user lab');
  const print = fingerprint(labKey) ?? '';
  const key = {
    name: 'lab-key',
    user_id: user,
    type: 'ssh',
    public_key: labKey,
    fingerprint: print,
    created_at: Date.now(),
  };
  cloud.state.keypairs.put({ id: `${user}/lab-key`, ...key });
}

function seedAccounts(cloud: Cloud): void {
  const { projects, users, roles, assignments } = cloud.state;
  for (const name of ['admin', 'lab', 'lab-small-quota', 'service']) {
    projects.put({ id: hexFor(`project ${name}`), name, description: '', enabled: true, domain_id: 'default' });
  }
  for (const name of ['admin', 'member', 'reader', 'service']) roles.put({ id: hexFor(`role ${name}`), name });
  for (const name of ['admin', 'lab']) {
    const passwords = [...new Set([name, cloud.options.password])];
    users.put({ id: hexFor(`user ${name}`), name, domain_id: 'default', enabled: true, passwords });
  }
  const assign = (user: string, project: string, role: string): void => {
    const [project_id, user_id, role_id] = [
      hexFor(`project ${project}`),
      hexFor(`user ${user}`),
      hexFor(`role ${role}`),
    ];
    assignments.put({ id: `${project_id}/${user_id}/${role_id}`, project_id, user_id, role_id });
  };
  assign('admin', 'admin', 'admin');
  for (const project of ['lab', 'lab-small-quota']) {
    assign('lab', project, 'member');
    assign('admin', project, 'admin');
  }
}

function seedQuotas({ state }: Cloud): void {
  state.novaQuotas.put({ id: hexFor('project lab'), limits: { instances: 200, cores: 800, ram: -1 } });
  state.novaQuotas.put({ id: hexFor('project lab-small-quota'), limits: { instances: 2, cores: 4, ram: 8192 } });
  const ample = {
    network: 500,
    subnet: 1000,
    port: 5000,
    router: 200,
    floatingip: 200,
    security_group: 200,
    security_group_rule: 2000,
  };
  state.neutronQuotas.put({ id: hexFor('project lab'), limits: ample });
  state.neutronQuotas.put({ id: hexFor('project lab-small-quota'), limits: { network: 2 } });
}

function seedFlavors({ state }: Cloud): void {
  const sizes: readonly (readonly [name: string, ram: number, vcpus: number, disk: number])[] = [
    ['m1.tiny', 512, 1, 1],
    ['m1.small', 2048, 1, 20],
    ['m1.medium', 4096, 2, 40],
    ['m1.large', 8192, 4, 80],
    ['oslab.toobig', 16_777_216, 1, 1],
  ];
  for (const [index, [name, ram, vcpus, disk]] of sizes.entries()) {
    const rest = {
      ephemeral: 0,
      swap: 0,
      rxtx_factor: 1,
      is_public: true,
      disabled: false,
      description: null,
      extra_specs: {},
    };
    state.flavors.put({ id: String(index + 1), name, ram, vcpus, disk, ...rest });
  }
}

function seedImages({ state }: Cloud): void {
  const content = Buffer.alloc(1024);
  // Glance lists the newest first.
  for (const [name, os, age] of [
    ['ubuntu-22.04', 'ubuntu', 1000],
    ['debian-12', 'debian', 0],
  ] as const) {
    const now = isoSeconds(Date.now() - age);
    state.images.put({
      id: uuidFor(`image ${name}`),
      name,
      status: 'active',
      visibility: 'public',
      owner: hexFor('project admin'),
      size: content.length,
      checksum: createHash('md5').update(content).digest('hex'),
      os_hash_value: createHash('sha512').update(content).digest('hex'),
      min_disk: 0,
      min_ram: 0,
      disk_format: 'raw',
      container_format: 'bare',
      protected: false,
      tags: [],
      properties: { os_distro: os },
      created_at: now,
      updated_at: now,
    });
  }
}

function seedPublicNetwork({ state }: Cloud): void {
  const now = neutronTime();
  const row = (name: string): NeutronRow => ({
    id: uuidFor(name),
    project_id: hexFor('project admin'),
    description: '',
    tags: [],
    created_at: now,
    updated_at: now,
    revision_number: 1,
  });
  const network = row('network public');
  state.networks.put({
    ...network,
    name: 'public',
    admin_state_up: true,
    shared: false,
    external: true,
    mtu: 1500,
    port_security_enabled: true,
    network_type: 'flat',
    physical_network: 'public',
    segmentation_id: null,
    availability_zone_hints: [],
  });
  state.subnets.put({
    ...row('subnet public'),
    name: 'public',
    network_id: network.id,
    ip_version: 4,
    cidr: '203.0.113.0/24',
    gateway_ip: '203.0.113.1',
    enable_dhcp: false,
    allocation_pools: [{ start: '203.0.113.10', end: '203.0.113.250' }],
    dns_nameservers: [],
    host_routes: [],
    ipv6_ra_mode: null,
    ipv6_address_mode: null,
  });
}

function hexFor(name: string): string {
  return createHash('md5').update(`groundwork ${name}`).digest('hex');
}

function uuidFor(name: string): string {
  const hex = hexFor(name);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}
