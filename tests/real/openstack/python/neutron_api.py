"""Neutron's API service alone: without agents nobody would call the RPC workers, and Zed has no setting for none."""
from neutron.cmd import eventlet  # noqa: F401  its monkey patching must precede every other import

import os
import signal

from neutron import service
from neutron.server import boot_server

import readiness


def serve():
    api = service.serve_wsgi(service.NeutronApiService)
    # The WSGI server takes no notice of SIGTERM when it serves in the parent process. There is no state to save.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    readiness.announce()
    api.wait()


boot_server(serve)
