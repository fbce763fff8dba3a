"""Fills the empty cloud, through its public APIs only. May be run again: what is there stays.

  seed.py accounts   the accounts and the catalogue, which the other services need before they start
  seed.py all        everything
"""
import sys
import urllib.parse

from rest import COMPUTE, IDENTITY, IMAGE, NETWORK, PLACEMENT, PASSWORD, Session

DEFAULT_DOMAIN = {'domain_id': 'default'}
SERVICES = (('glance', 'image', IMAGE), ('placement', 'placement', PLACEMENT), ('nova', 'compute', COMPUTE), ('neutron', 'network', NETWORK))
# name, MiB of memory, cores, GiB of disk. No host has room for the last one: it is for "No valid host was found".
FLAVORS = (('m1.tiny', 512, 1, 1), ('m1.small', 2048, 1, 20), ('m1.medium', 4096, 2, 40), ('m1.large', 8192, 4, 80),
           ('oslab.toobig', 16777216, 1, 1))
IMAGES = ('ubuntu-22.04', 'debian-12')
# project: (compute quota, network quota)
QUOTAS = {
    'lab': ({'instances': 200, 'cores': 800, 'ram': -1},
            {'network': 500, 'subnet': 1000, 'port': 5000, 'router': 200, 'floatingip': 200,
             'security_group': 200, 'security_group_rule': 2000}),
    'lab-small-quota': ({'instances': 2, 'cores': 4, 'ram': 8192},
                        {'network': 2, 'subnet': 2, 'port': 4, 'router': 1}),
}
# Its private half was thrown away.
PUBLIC_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO8uTFJkYNEnVYfj5XAPwQOSDgeEYS/2IB8UsoE21pL2 lab-key'


def named(items, name):
    return next((item for item in items if item['name'] == name), None)


def ensure(cloud, url, kind, name, body):
    """The resource of that name, created from body if there is none. url names the collection."""
    found = named(cloud.get('%s?%s' % (url, urllib.parse.urlencode({'name': name})))[kind + 's'], name)
    return found or cloud.post(url, {kind: dict(body, name=name)})[kind]


def ensure_account(admin, user, project, role_names):
    roles = {role['name']: role['id'] for role in admin.get(IDENTITY + '/roles')['roles']}
    project = ensure(admin, IDENTITY + '/projects', 'project', project, DEFAULT_DOMAIN)
    user = ensure(admin, IDENTITY + '/users', 'user', user, dict(DEFAULT_DOMAIN, password=PASSWORD))
    for name in role_names:
        admin.put('%s/projects/%s/users/%s/roles/%s' % (IDENTITY, project['id'], user['id'], roles[name]))
    return project['id']


def seed_accounts(admin):
    ensure(admin, IDENTITY + '/roles', 'role', 'service', {})
    ensure_account(admin, 'service', 'service', ('admin', 'service'))
    for name, kind, url in SERVICES:
        service = ensure(admin, IDENTITY + '/services', 'service', name, {'type': kind})['id']
        present = {e['interface'] for e in admin.get(IDENTITY + '/endpoints?service_id=' + service)['endpoints']}
        for interface in {'public', 'internal', 'admin'} - present:
            endpoint = {'service_id': service, 'interface': interface, 'region_id': 'RegionOne', 'url': url}
            admin.post(IDENTITY + '/endpoints', {'endpoint': endpoint})


def seed_projects(admin):
    for name, (compute, network) in QUOTAS.items():
        project = ensure_account(admin, 'lab', name, ('member', 'reader'))
        admin.put('%s/os-quota-sets/%s' % (COMPUTE, project), {'quota_set': compute})
        admin.put('%s/v2.0/quotas/%s' % (NETWORK, project), {'quota': network})


def seed_flavors(admin):
    present = admin.get(COMPUTE + '/flavors')['flavors']
    for number, (name, ram, vcpus, disk) in enumerate(FLAVORS, 1):
        if not named(present, name):
            flavor = {'id': str(number), 'name': name, 'ram': ram, 'vcpus': vcpus, 'disk': disk}
            admin.post(COMPUTE + '/flavors', {'flavor': flavor})


def seed_images(admin):
    present = admin.get(IMAGE + '/v2/images')['images']
    for name in IMAGES:
        image = named(present, name) or admin.post(IMAGE + '/v2/images', {
            'name': name, 'disk_format': 'raw', 'container_format': 'bare', 'visibility': 'public', 'os_distro': name.split('-')[0]})
        if image['status'] == 'queued':
            admin.upload('%s/v2/images/%s/file' % (IMAGE, image['id']), b'not a real disk\n' * 64)


def seed_external_network(admin):
    network = ensure(admin, NETWORK + '/v2.0/networks', 'network', 'public', {
        'router:external': True, 'provider:network_type': 'flat', 'provider:physical_network': 'public', 'is_default': False})
    ensure(admin, NETWORK + '/v2.0/subnets', 'subnet', 'public-v4', {
        'network_id': network['id'], 'ip_version': 4, 'cidr': '203.0.113.0/24', 'gateway_ip': '203.0.113.1', 'enable_dhcp': False,
        'allocation_pools': [{'start': '203.0.113.10', 'end': '203.0.113.250'}]})


def seed_key_pair(lab):
    pairs = [pair['keypair'] for pair in lab.get(COMPUTE + '/os-keypairs')['keypairs']]
    if not named(pairs, 'lab-key'):
        lab.post(COMPUTE + '/os-keypairs', {'keypair': {'name': 'lab-key', 'type': 'ssh', 'public_key': PUBLIC_KEY}})


def main(what):
    admin = Session('admin', 'admin')
    seed_accounts(admin)
    if what == 'all':
        seed_projects(admin)
        seed_flavors(admin)
        seed_images(admin)
        seed_external_network(admin)
        seed_key_pair(Session('lab', 'lab'))


main(sys.argv[1])
