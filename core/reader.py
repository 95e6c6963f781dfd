"""The reader: who may look at the embedded database over TCP, at what people read and nothing else."""

import socket
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import psycopg
from pydantic import SecretStr

from core.errors import BadInput, ConfigError
from core.schema import migrate
from core.settings import Store

# The first line that fits decides, so what pg_hba.conf allows without a password is for the Unix socket alone.
_DOORS = """\
host postgres    reader all scram-sha-256
host all         all    all reject
host replication all    all reject
include pg_hba.conf
"""


@dataclass(frozen=True)
class Reader:
    """Where the reader comes in, and with which password."""

    host: str
    port: int
    password: SecretStr

    @property
    def address(self) -> str:
        return address(self.host, self.port)

    @property
    def url(self) -> str:
        """What to connect to, without the password."""
        return f"postgresql://reader@{self.address}/postgres"

    def check_free(self) -> None:
        """BadInput when something else listens there: a server that gets one of two addresses would say nothing."""
        try:
            for family, kind, _, _, place in socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM):
                with socket.socket(family, kind) as bound:
                    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    if family == socket.AF_INET6:
                        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                    bound.bind(place)
        except OSError as error:
            raise BadInput(
                f"the embedded PostgreSQL cannot listen on {self.address} ({error.strerror}): stop the other program, "
                "or choose another place with CANDELA__STORE__PORT and CANDELA__STORE__HOST"
            ) from None

    def write_doors(self, folder: Path) -> Path:
        """The file of who comes in where, for the server in `folder`, which may run as another user."""
        path = folder / "reader_hba.conf"
        path.write_text(_DOORS)
        path.chmod(0o644)
        return path

    def admit(self, url: str) -> None:
        """Make the role, or change its password; what is newest in the schema it may read as well."""
        with psycopg.connect(url, connect_timeout=5) as connection, connection.transaction():
            migrate(connection)  # its lock is held until the end: two who start do this one after the other
            secret = self.password.get_secret_value().encode()
            verifier = connection.pgconn.encrypt_password(secret, b"reader", b"scram-sha-256")  # all the server sees
            text = (files("core") / "sql/reader.sql").read_text()
            psycopg.ClientCursor(connection).execute(text, {"verifier": verifier.decode()})  # DDL takes no parameters


def address(host: str, port: int | str) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def reader_of(store: Store) -> Reader | None:
    """Who may come in by these settings; nobody without a port."""
    if not store.port:
        return None
    if store.url.get_secret_value():
        raise ConfigError(
            "store.port is where the embedded PostgreSQL listens, but store.url names a server of your own: "
            "unset CANDELA__STORE__PORT, or CANDELA__STORE__URL"
        )
    if not store.reader_password.get_secret_value():
        raise ConfigError(
            "store.port lets a reader into the database over TCP, and no password is set for it: "
            "set CANDELA__STORE__READER_PASSWORD, or unset CANDELA__STORE__PORT"
        )
    return Reader(store.host, store.port, store.reader_password)
