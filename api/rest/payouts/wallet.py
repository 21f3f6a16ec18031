"""The operator's wallet, which may be credited by us: where it is, and the secret that signs the calls."""

from fastapi import APIRouter, Request
from msgspec import UNSET, UnsetType

from api.access.audit import write_audit_entry
from api.access.dependencies import Ctx, PayoutsApprove, PayoutsRead
from api.access.idempotency import OnceRoute
from api.http.body import parse, read_json
from api.http.json_response import Json
from api.http.openapi import body_of
from api.rest.payouts.requests import WalletBody
from api.rest.payouts.responses import WalletAnswer
from server.access.keys import signing_secret
from server.encoding.wire import dump
from server.ports import Wallet

router = APIRouter(route_class=OnceRoute, prefix="/api/wallet", tags=["Payouts"])


@router.get("")
async def get_wallet(ctx: Ctx, caller: PayoutsRead) -> Json[WalletAnswer]:
    """Where credits go; `url` is null while lines wait to be acknowledged over the API."""
    return Json(_view(await ctx.payouts.wallet(caller.tenant)))


@router.put("", openapi_extra=body_of(WalletBody))
async def put_wallet(request: Request, ctx: Ctx, caller: PayoutsApprove) -> Json[WalletAnswer]:
    """Set the wallet. `secret` is shown once; the secret before it signs beside it until the next change."""
    parsed = parse(await read_json(request), WalletBody)
    try:
        if not parsed.faults:
            ctx.check_target(parsed.values["url"])
    except ValueError as fault:
        parsed.faults[parsed.path("url")] = str(fault)
    parsed.raise_faults()
    before = await ctx.payouts.wallet(caller.tenant)
    secret = signing_secret(ctx.ids)
    former = () if before is None else before.secrets[:1]
    wallet = Wallet(parsed.values["url"], (secret, *former))
    await write_audit_entry(ctx, caller, "wallet.set", "wallet", _view(before), _view(wallet))
    await ctx.payouts.set_wallet(caller.tenant, wallet)
    request.state.kept_body = dump(_view(wallet, None))
    return Json(_view(wallet, secret))


@router.delete("")
async def remove_wallet(ctx: Ctx, caller: PayoutsApprove) -> Json[WalletAnswer]:
    """From now on lines wait to be acknowledged over the API."""
    before = await ctx.payouts.wallet(caller.tenant)
    if before is not None:
        await write_audit_entry(ctx, caller, "wallet.removed", "wallet", _view(before))
        await ctx.payouts.set_wallet(caller.tenant, None)
    return Json(_view(None))


def _view(wallet: Wallet | None, secret: str | UnsetType | None = UNSET) -> WalletAnswer:
    return WalletAnswer(url=None if wallet is None else wallet.url, secret=secret)
