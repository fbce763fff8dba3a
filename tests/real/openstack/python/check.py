"""Proves that the stack works as a whole: a network, a subnet, a server that gets ACTIVE; then all of it is deleted."""
import sys
import time
import uuid

from rest import COMPUTE, IMAGE, NETWORK, Refused, Session

DEADLINE_SECONDS = 60


def wait_until(what, condition):
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            sys.exit('check: %s took more than %d s' % (what, DEADLINE_SECONDS))
        time.sleep(0.2)


def is_active(cloud, server):
    found = cloud.get('%s/servers/%s' % (COMPUTE, server))['server']
    if found['status'] == 'ERROR':
        sys.exit('check: the server went to ERROR: %s' % found.get('fault'))
    return found['status'] == 'ACTIVE'


def is_gone(cloud, server):
    try:
        cloud.get('%s/servers/%s' % (COMPUTE, server))
        return False
    except Refused as e:
        if e.status != 404:
            raise
        return True


def run_server(cloud, name, network):
    image = cloud.get(IMAGE + '/v2/images?name=ubuntu-22.04')['images'][0]['id']
    flavors = cloud.get(COMPUTE + '/flavors')['flavors']
    flavor = next(f['id'] for f in flavors if f['name'] == 'm1.small')
    wanted = {'name': name, 'imageRef': image, 'flavorRef': flavor, 'networks': [{'uuid': network}], 'key_name': 'lab-key'}
    server = cloud.post(COMPUTE + '/servers', {'server': wanted})['server']['id']
    try:
        wait_until('the server', lambda: is_active(cloud, server))
    finally:
        cloud.delete('%s/servers/%s' % (COMPUTE, server))
        wait_until("the server's deletion", lambda: is_gone(cloud, server))


def main():
    cloud, name = Session('lab', 'lab'), 'check-' + uuid.uuid4().hex[:8]
    network = cloud.post(NETWORK + '/v2.0/networks', {'network': {'name': name}})['network']['id']
    try:
        cloud.post(NETWORK + '/v2.0/subnets', {'subnet': {'network_id': network, 'ip_version': 4, 'cidr': '10.77.0.0/24'}})
        run_server(cloud, name, network)
    finally:
        cloud.delete('%s/v2.0/networks/%s' % (NETWORK, network))


main()
