"""The operator's wallet, which may be credited by us: where it is, and the secret that signs the calls."""

from typing import Any

from fastapi import APIRouter, Request

from api.access.audit import note
from api.access.dependencies import Home, PayoutsApprove, PayoutsRead
from api.access.idempotency import OnceRoute
from api.http.body import parse, read_json
from api.http.json_response import Json
from api.http.openapi import body_of
from api.rest.payouts.requests import WalletBody
from server.access.keys import signing_secret
from server.encoding.wire import dump
from server.ports import Wallet

router = APIRouter(route_class=OnceRoute, prefix="/api/wallet", tags=["Payouts"])


@router.get("")
async def get_wallet(home: Home, caller: PayoutsRead) -> Json:
    """Where credits go; `url` is null while lines wait to be acknowledged over the API."""
    return Json(_view(await home.payouts.wallet(caller.tenant)))


@router.put("", openapi_extra=body_of(WalletBody))
async def put_wallet(request: Request, home: Home, caller: PayoutsApprove) -> Json:
    """Set the wallet. `secret` is shown once; the secret before it signs beside it until the next change."""
    parsed = parse(await read_json(request), WalletBody)
    try:
        if not parsed.faults:
            home.check_target(parsed.values["url"])
    except ValueError as fault:
        parsed.faults[parsed.path("url")] = str(fault)
    parsed.raise_faults()
    before = await home.payouts.wallet(caller.tenant)
    secret = signing_secret(home.ids)
    former = () if before is None else before.secrets[:1]
    wallet = Wallet(parsed.values["url"], (secret, *former))
    await note(home, caller, "wallet.set", "wallet", _view(before), _view(wallet))
    await home.payouts.set_wallet(caller.tenant, wallet)
    request.state.kept_body = dump(_view(wallet) | {"secret": None})
    return Json(_view(wallet) | {"secret": secret})


@router.delete("")
async def remove_wallet(home: Home, caller: PayoutsApprove) -> Json:
    """From now on lines wait to be acknowledged over the API."""
    before = await home.payouts.wallet(caller.tenant)
    if before is not None:
        await note(home, caller, "wallet.removed", "wallet", _view(before))
        await home.payouts.set_wallet(caller.tenant, None)
    return Json(_view(None))


def _view(wallet: Wallet | None) -> dict[str, Any]:
    return {"url": None if wallet is None else wallet.url}
