"""The operations of IAM that MiniStack answers itself: providers, service-linked roles …."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.http.envelopes import Reply, text
from rolelab.localaws.ministack.emulator import Foreign, module
from rolelab.localaws.operations.api_call import ApiCall

_ERROR = re.compile(rb"<Code>([^<]*)</Code><Message>(.*?)</Message>", re.DOTALL)
_REQUEST_ID = re.compile(rb"<RequestId>([^<]*)</RequestId>")


def own_operations(store: IdentityStore) -> Mapping[str, Callable[[ApiCall], Reply]]:
    """Return what answers them, by their names."""

    def answering(handler: Foreign) -> Callable[[ApiCall], Reply]:
        return lambda call: _answer(store, handler, call)

    handlers = module("services.iam")._IAM_HANDLERS
    return {name: answering(handler) for name, handler in handlers.items()}


def _answer(store: IdentityStore, handler: Foreign, call: ApiCall) -> Reply:
    module("core.responses").set_request_account_id(call.account)
    # MiniStack writes parameters into XML as they are, but for this one.
    parameters = {
        name: [value if name == "SAMLMetadataDocument" else text(value)]
        for name, value in call.flat.items()
    }
    status, _, body = handler(parameters)
    if "ServiceLinkedRole" in call.operation:
        store.index()
    error = _ERROR.search(body)
    if error:
        raise AwsError(error[1].decode(), error[2].decode(), status)
    request_id = _REQUEST_ID.search(body)
    return Reply(status, body, request_id[1].decode() if request_id else "")
