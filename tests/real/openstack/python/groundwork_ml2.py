"""An ML2 mechanism driver for a Neutron without agents: it brings about what the agents of a real cloud would.

- L2 agent: a bound port is ACTIVE (Neutron then tells nova, as ever).
- L3 agent: router ports are bound to a host; unbound they would stay DOWN.
- DHCP agent: a network with DHCP subnets soon has one port network:dhcp, which takes an address from each of them. A
  client must cope with this port: it occupies the first free address, moments after the subnet was made.

The in-tree drivers do not serve: logger binds nothing, test binds for certain host names only, openvswitch wants a live agent.
"""
import uuid

import eventlet
from neutron_lib import constants, context, exceptions
from neutron_lib.api.definitions import portbindings
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.plugins import directory
from neutron_lib.plugins.ml2 import api
from oslo_log import log

LOG = log.getLogger(__name__)
HOST = 'groundwork-lab'
ROUTER_PORTS = (constants.DEVICE_OWNER_ROUTER_INTF, constants.DEVICE_OWNER_ROUTER_GW)
DHCP_AGENT_DELAY_SECONDS = 0.05


class AgentlessMechanismDriver(api.MechanismDriver):
    def initialize(self):
        self._dhcp_turn = eventlet.semaphore.Semaphore()
        for event in (events.AFTER_CREATE, events.AFTER_UPDATE):
            registry.subscribe(self._on_port, resources.PORT, event)
            registry.subscribe(self._on_subnet, resources.SUBNET, event)

    @property
    def connectivity(self):
        return portbindings.CONNECTIVITY_L2

    def bind_port(self, port):
        """L2: any segment will do, and nothing needs plugging."""
        segment = port.segments_to_bind[0]
        details = {portbindings.CAP_PORT_FILTER: True, portbindings.VIF_DETAILS_CONNECTIVITY: portbindings.CONNECTIVITY_L2}
        port.set_binding(segment[api.ID], portbindings.VIF_TYPE_OVS, details, status=constants.PORT_STATUS_ACTIVE)

    def _on_port(self, resource, event, trigger, payload):
        port = payload.latest_state
        if port.get('device_owner') in ROUTER_PORTS and not port.get(portbindings.HOST_ID):
            self._attempt('binding router port', port['id'], self._bind_to_host)

    def _on_subnet(self, resource, event, trigger, payload):
        network = payload.latest_state['network_id']
        eventlet.spawn_after(DHCP_AGENT_DELAY_SECONDS, self._attempt, 'DHCP port on network', network, self._serve_dhcp)

    def _attempt(self, what, subject, action):
        """An agent's failure never fails the user's call. A resource deleted meanwhile is no failure."""
        try:
            action(context.get_admin_context(), directory.get_plugin(), subject)
        except exceptions.NeutronException as e:
            LOG.info('%s %s: %s', what, subject, e)
        except Exception:
            LOG.exception('%s %s', what, subject)

    @staticmethod
    def _bind_to_host(admin, core, port):
        core.update_port(admin, port, {'port': {portbindings.HOST_ID: HOST}})

    def _serve_dhcp(self, admin, core, network):
        with self._dhcp_turn:  # two subnets made at once must not lead to two ports
            wanted = [s['id'] for s in core.get_subnets(admin, {'network_id': [network]}) if s['enable_dhcp']]
            ports = core.get_ports(admin, {'network_id': [network], 'device_owner': [constants.DEVICE_OWNER_DHCP]})
            if ports:
                self._follow_subnets(admin, core, ports[0], wanted)
            elif wanted:
                self._create_dhcp_port(admin, core, network, wanted)

    @staticmethod
    def _follow_subnets(admin, core, port, wanted):
        held = {ip['subnet_id']: ip for ip in port['fixed_ips']}
        if set(held) != set(wanted):
            fixed_ips = [held.get(subnet, {'subnet_id': subnet}) for subnet in wanted]
            core.update_port(admin, port['id'], {'port': {'fixed_ips': fixed_ips}})

    @staticmethod
    def _create_dhcp_port(admin, core, network, wanted):
        core.create_port(admin, {'port': {
            'network_id': network,
            'tenant_id': core.get_network(admin, network)['tenant_id'],
            'name': '',
            'admin_state_up': True,
            'mac_address': constants.ATTR_NOT_SPECIFIED,
            'device_owner': constants.DEVICE_OWNER_DHCP,
            # The agent's own way to name its device, so that clients see the usual form.
            'device_id': 'dhcp%s-%s' % (uuid.uuid5(uuid.NAMESPACE_DNS, HOST), network),
            'fixed_ips': [{'subnet_id': subnet} for subnet in wanted],
            portbindings.HOST_ID: HOST,
        }})
