"""Nova's fake virt driver, which can be told to be slow or to fail. Without orders it is the fake driver.

Orders come from two places, the second wins:
- the file $LAB_FAULTS, read at every call, empty or one JSON object with any of
    spawn_delay, destroy_delay: seconds
    spawn_fail: "abort" (ERROR at once) or "reschedule" (ERROR when the retries are used up)
    destroy_fail: true
    match: regular expression searched in the server's name; without it every server is meant
    times: how many failures, then all is well again
- the server's metadata: the first four of these keys with the prefix "oslab:".
"""
import json
import os
import re
import time

from nova import exception
from nova.virt import fake

PREFIX = 'oslab:'
REASON = 'groundwork lab: injected failure'
_failures = {}  # text of the fault file -> failures it has caused so far


class FaultyFakeDriver(fake.FakeDriver):
    def spawn(self, context, instance, *args, **kwargs):
        orders = _orders(instance)
        time.sleep(float(orders.get('spawn_delay', 0)))  # green, since eventlet has patched time
        if orders.get('spawn_fail'):
            _count_failure(orders)
            raise _spawn_error(orders['spawn_fail'], instance)
        return super().spawn(context, instance, *args, **kwargs)

    def destroy(self, context, instance, *args, **kwargs):
        orders = _orders(instance)
        time.sleep(float(orders.get('destroy_delay', 0)))
        if orders.get('destroy_fail'):
            _count_failure(orders)
            raise exception.InstanceTerminationFailure(reason=REASON)
        return super().destroy(context, instance, *args, **kwargs)


def _spawn_error(kind, instance):
    if kind == 'reschedule':
        return exception.ComputeResourcesUnavailable(reason=REASON)
    return exception.BuildAbortException(instance_uuid=instance.uuid, reason=REASON)


def _orders(instance):
    metadata = instance.metadata or {}
    own = {key[len(PREFIX):]: value for key, value in metadata.items() if key.startswith(PREFIX)}
    return {**_file_orders(instance.display_name or ''), **own}


def _file_orders(name):
    text = _fault_file()
    try:
        orders = json.loads(text) if text.strip() else {}
    except ValueError:  # caught while it was being written
        return {}
    if not re.search(orders.get('match', ''), name):
        return {}
    if 'times' in orders and _failures.get(text, 0) >= orders['times']:
        return {}
    return {**orders, 'source': text}


def _fault_file():
    try:
        with open(os.environ.get('LAB_FAULTS', '')) as file:
            return file.read()
    except OSError:
        return ''


def _count_failure(orders):
    source = orders.get('source')
    if source:
        _failures[source] = _failures.get(source, 0) + 1
