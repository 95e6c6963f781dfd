"""The address a gateway listens on: whether it may, and whether it can."""

import socket

from core.errors import BadInput, ConfigError
from core.settings import Settings

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SILENT_MS = 30_000


def check_address(settings: Settings) -> None:
    """ConfigError or BadInput when the gateway could not, or should not, listen where it is told to."""
    host, port = settings.gateway.host, settings.gateway.port
    if host not in _LOOPBACK and not settings.gateway.token.get_secret_value():
        raise ConfigError(
            f"listening on {host} lets other machines in: set CANDELA__GATEWAY__TOKEN, or listen on 127.0.0.1"
        )
    bound_to(host, port).close()


def bound_to(host: str, port: int) -> socket.socket:
    """A socket there, ready to listen; BadInput."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # who takes no bytes for so long is gone, though its connection looks alive
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENT_MS)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise BadInput(
            f"port {port} on {host} cannot be used ({error.strerror}): stop the other program, "
            "or choose another port with --port or CANDELA__GATEWAY__PORT"
        ) from None
    return bound
