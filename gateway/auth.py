"""Who may come in: one bearer token, when the gateway has one."""

import hmac

from pydantic import SecretStr
from starlette.requests import HTTPConnection

from core.errors import NotAuthenticated


class Door:
    """Open when there is no token; otherwise `admits` who shows it."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token.get_secret_value().encode()

    @property
    def is_open(self) -> bool:
        return not self._token

    def admits(self, token: str) -> bool:
        return self.is_open or hmac.compare_digest(self._token, token.encode())

    def admits_header(self, connection: HTTPConnection) -> bool:
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        return self.is_open or (scheme.lower() == "bearer" and self.admits(token.strip()))


async def authenticated(connection: HTTPConnection) -> None:
    """A route's dependency: NotAuthenticated without the token."""
    door: Door = connection.app.state.door
    if not door.admits_header(connection):
        raise NotAuthenticated("this needs the header `Authorization: Bearer TOKEN`, with the gateway's token")
