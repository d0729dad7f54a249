"""Requests to answers, without the network between them."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from automtl.deploy.predict import Predictor
from automtl.errors import DataError
from automtl.serve.answers import answer
from automtl.serve.page import page, policy
from automtl.serve.questions import read_question

METHODS = {"/": "GET", "/health": "GET", "/schema": "GET", "/predict": "POST"}


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    status: HTTPStatus
    body: bytes
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class Service:
    """
    Answers requests with an exported file. Threads may share it.

    :param model: The file.
    :raises ModelError: If there is no such file, or it was not exported by automtl.
    """

    def __init__(self, model: Path) -> None:
        self._predictor = Predictor(model, threads=1)  # requests have a thread each
        schema = self._predictor.schema
        self._page = page(model.name, schema).encode()
        self._schema = schema.to_json().encode()

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """
        Answers a request; whatever is asked, it raises nothing.

        :param path: Without the query.
        """
        if path not in METHODS:
            return refusal(HTTPStatus.NOT_FOUND, f"No such path. There are {', '.join(METHODS)}.")
        allowed = METHODS[path]
        if method not in (allowed, "HEAD" if allowed == "GET" else allowed):
            reason = f"{path} takes {allowed} alone."
            return refusal(HTTPStatus.METHOD_NOT_ALLOWED, reason, Allow=allowed)
        if path == "/":
            headers = {"Content-Security-Policy": policy()}
            return Answer(HTTPStatus.OK, self._page, "text/html; charset=utf-8", headers)
        if path == "/schema":
            return Answer(HTTPStatus.OK, self._schema)
        if path == "/health":
            return Answer(HTTPStatus.OK, b'{"status": "ok"}')
        return self._predict(body)

    def _predict(self, body: bytes) -> Answer:
        schema = self._predictor.schema
        try:
            question = read_question(body, schema.inputs)
            found = self._predictor.run_in_batches(question.feeds)
            return Answer(HTTPStatus.OK, _json(answer(schema.outputs, found, question.form)))
        except DataError as error:
            return refusal(HTTPStatus.BAD_REQUEST, str(error))
        except Exception as error:  # a client learns nothing of how the server is made
            print(f"automtl: a prediction failed: {error!r}", file=sys.stderr)
            return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "The prediction failed.")


def refusal(status: HTTPStatus, reason: str, **headers: str) -> Answer:
    """An answer that says what is wrong."""
    return Answer(status, _json({"error": reason}), headers=headers)


def _json(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
