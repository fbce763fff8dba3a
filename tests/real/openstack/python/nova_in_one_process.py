"""Nova's conductor, scheduler, compute and API as green threads of one process.

Between them goes oslo.messaging's in-process transport, so there is no broker. The order of the imports matters: nova.cmd
patches the standard library for eventlet, and nova.virt must know our folder before nova-compute looks for its driver.
"""
import nova.cmd  # noqa: F401
import nova.virt

import os
import shlex
import sys

import eventlet
import os_vif
from oslo_log import log as logging
from oslo_privsep import priv_context
from oslo_service import service as oslo_service

from nova import config
from nova import context
from nova import objects
from nova import service
from nova import utils
from nova.compute import rpcapi as compute_rpcapi
from nova.conductor import rpcapi as conductor_rpcapi
from nova.objects import host_mapping
from nova.scheduler import rpcapi as scheduler_rpcapi
import nova.conf

import readiness

CONF = nova.conf.CONF
RPC_SERVICES = (
    ('nova-conductor', conductor_rpcapi.RPC_TOPIC),
    ('nova-scheduler', scheduler_rpcapi.RPC_TOPIC),
    ('nova-compute', compute_rpcapi.RPC_TOPIC),
)


def prepare():
    """What the main functions of the four programs do before they start a service."""
    nova.virt.__path__.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'nova_virt'))
    config.parse_args(sys.argv)
    logging.setup(CONF, 'nova')
    priv_context.init(root_helper=shlex.split(utils.get_root_helper()))
    objects.register_all()
    os_vif.initialize()
    objects.Service.enable_min_version_cache()


def launch():
    launcher = oslo_service.ServiceLauncher(CONF, restart_method='mutate')
    for binary, topic in RPC_SERVICES:
        launcher.launch_service(service.Service.create(binary=binary, topic=topic))
    launcher.launch_service(service.WSGIService('osapi_compute'))
    return launcher


def map_compute_host_into_its_cell():
    """Nova-compute records its host from a green thread; no server can be scheduled before the host is mapped."""
    admin = context.get_admin_context()
    with eventlet.Timeout(60):
        while not objects.ComputeNodeList.get_all(admin):
            eventlet.sleep(0.05)
    host_mapping.discover_hosts(admin)


def main():
    prepare()
    # Nova-compute's first inventory report is lost if Placement does not answer, and the next comes minutes later.
    readiness.wait_for_ports(readiness.IDENTITY, readiness.PLACEMENT)
    launcher = launch()
    map_compute_host_into_its_cell()
    readiness.announce()
    launcher.wait()


main()
