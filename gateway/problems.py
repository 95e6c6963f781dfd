"""Errors as RFC 9457 problems: one body for all of them, with a `code` that programs can rely on."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from core.errors import CandelaError
from core.log import logger


def install(app: FastAPI) -> None:
    app.add_exception_handler(CandelaError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def _problem(status: int, code: str, detail: str, **more: object) -> JSONResponse:
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail, **more}
    return JSONResponse(body, status, media_type="application/problem+json")


async def _ours(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CandelaError)  # noqa: S101 what it was registered for
    answer = _problem(error.status, error.code, str(error))
    if error.status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if error.retry:
        answer.headers["Retry-After"] = "1"
    return answer


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 what it was registered for
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    return _problem(400, "bad_input", f"{where}: {first['msg']}, found {first.get('input')!r}")


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 what it was registered for
    if error.status_code == HTTPStatus.NOT_FOUND:
        return _problem(404, "not_found", f"no such address {request.url.path}; /docs lists them all")
    return _problem(error.status_code, HTTPStatus(error.status_code).name.lower(), str(error.detail))


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    logger().error("request_failed", path=request.url.path, error=repr(error), exc_info=error)
    return _problem(500, "internal", "this is a fault of ours; the log says more")
