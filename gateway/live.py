"""A WebSocket client's life on /api/stream: welcome, authentication, requests in, frames out, goodbye."""

import asyncio
import time
import uuid

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from core.settings import Gateway
from gateway.auth import Door
from gateway.clients import Client
from gateway.hub import MOST_SUBSCRIPTIONS, Hub
from gateway.protocol import JSON, VERSION, Refusal, Request, frame, id_of, parsed, refused

_AUTH_S = 5.0
_FAREWELL_S = 5.0
_TOGETHER = 500  # frames in one array

router = APIRouter()


@router.websocket("/api/stream")
async def stream(socket: WebSocket) -> None:
    state = socket.app.state
    await Session(socket, state.hub, state.door, state.settings.gateway).run()


class Session:
    def __init__(self, socket: WebSocket, hub: Hub, door: Door, settings: Gateway) -> None:
        self._socket, self._hub, self._door = socket, hub, door
        self._heartbeat_s = settings.heartbeat_s
        self._client = Client(uuid.uuid4().hex, settings.client_queue)
        self._authenticated = door.admits_header(socket)
        self._limits = {
            "queue": settings.client_queue,
            "auth_seconds": _AUTH_S,
            "batch": _TOGETHER,
            "subscriptions": MOST_SUBSCRIPTIONS,
        }

    async def run(self) -> None:
        try:
            await self._welcome()
        except (WebSocketDisconnect, RuntimeError):  # it went while it was greeted
            return
        self._hub.clients.add(self._client)
        work = (self._read(), self._write(), self._cut_off(), self._expect_token())
        tasks = [asyncio.create_task(each) for each in work]
        try:
            await asyncio.wait(tasks[:3], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._hub.leave(self._client)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _welcome(self) -> None:
        offered = self._socket.scope.get("subprotocols", ())
        await self._socket.accept(JSON if JSON in offered else None)
        await self._socket.send_text(
            frame(
                "welcome",
                protocol=VERSION,
                conn_id=self._client.conn_id,
                server_time=time.time_ns(),
                limits=self._limits,
                auth_required=not self._authenticated,
            ).decode()
        )
        if offered and JSON not in offered:
            words = f"expected the sub-protocol {JSON} or none, found {', '.join(offered)}"
            self._client.leave(4400, refused(Refusal(400, "not_supported", words), None))

    async def _write(self) -> None:
        beats = 0
        try:
            while True:
                frames = await self._client.next_frames(self._heartbeat_s)
                if not frames:
                    beats += 1
                    frames = [frame("heartbeat", count=beats, ts_out=time.time_ns())]
                for start in range(0, len(frames), _TOGETHER):
                    part = frames[start : start + _TOGETHER]
                    await self._socket.send_text((part[0] if len(part) == 1 else b"[%s]" % b",".join(part)).decode())
                if self._client.finished:
                    await self._socket.close(self._client.close_code)
                    return
        except (WebSocketDisconnect, RuntimeError):  # RuntimeError: the client closed while we were sending
            return

    async def _read(self) -> None:
        try:
            while True:
                received = await self._socket.receive()
                if received["type"] == "websocket.disconnect":
                    return
                message = received.get("text") or received.get("bytes") or ""
                try:
                    self._handle(parsed(message))
                except Refusal as refusal:
                    self._client.say(refused(refusal, id_of(message)))
        except (WebSocketDisconnect, RuntimeError):
            return

    def _handle(self, request: Request) -> None:
        t_in = time.time_ns()
        if request.op == "auth":
            self._auth(request)
        elif not self._authenticated:
            raise Refusal(401, "not_authenticated", 'first send {"op":"auth","token":…} with the gateway\'s token')
        elif request.op == "ping":
            self._client.say(frame("pong", id=request.id, t_in=t_in, t_out=time.time_ns()))
        elif request.op == "subscribe":
            self._subscribe(request, t_in)
        else:
            self._hub.unsubscribe(self._client, request.sid)
            self._client.say(frame("unsubscribed", id=request.id, sid=request.sid))

    def _auth(self, request: Request) -> None:
        if not self._door.admits(request.token):
            self._client.leave(
                4402, refused(Refusal(402, "auth_failed", "this token is not the gateway's"), request.id)
            )
            return
        self._authenticated = True
        self._client.say(frame("authenticated", id=request.id))

    def _subscribe(self, request: Request, t_in: int) -> None:
        for name in ("from_seq", "max_rate_hz"):
            if getattr(request, name) is not None:
                raise Refusal(400, "not_supported", f"{name} is not offered by this version; leave it out")
        subscription = self._hub.subscribe(
            self._client, request.channel, request.symbols, latest=request.mode == "latest"
        )
        positions = self._hub.positions(subscription)
        single = len(subscription.symbols) == 1
        answer = {
            "sid": subscription.sid,
            "channel": subscription.channel,
            "symbols": sorted(subscription.symbols) or ["*"],
            "seq": next(iter(positions.values()), 0) if single else positions,
        }
        self._client.say(frame("subscribed", id=request.id, **answer, t_in=t_in, t_out=time.time_ns()))
        if request.snapshot:
            self._hub.snapshot(subscription)

    async def _cut_off(self) -> None:
        """A client that was told goodbye and does not even read that is not waited for."""
        await self._client.leaving.wait()
        await asyncio.sleep(_FAREWELL_S)

    async def _expect_token(self) -> None:
        await asyncio.sleep(_AUTH_S)
        if not self._authenticated:
            late = Refusal(404, "auth_timeout", f"no token came within {_AUTH_S:g} seconds")
            self._client.leave(4404, refused(late, None))
