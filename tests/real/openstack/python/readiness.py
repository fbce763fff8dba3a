"""What services that start side by side tell each other: who serves already."""
import os
import socket
import time

IDENTITY, PLACEMENT = 5000, 8778
DEADLINE_SECONDS = 120


def announce():
    """Makes the file named by $LAB_READY, for whoever started this process."""
    path = os.environ.get('LAB_READY')
    if path:
        open(path, 'w').close()


def wait_for_ports(*ports):
    """Returns once each port of 127.0.0.1 accepts connections, or when the deadline has passed."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    for port in ports:
        while not _accepts(port) and time.monotonic() < deadline:
            time.sleep(0.05)


def _accepts(port):
    try:
        socket.create_connection(('127.0.0.1', port), 1).close()
        return True
    except OSError:
        return False
