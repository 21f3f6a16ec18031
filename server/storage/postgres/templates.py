"""Templates on Postgres."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from server.domain.ids import Tenant
from server.encoding import codec
from server.ports import Template
from server.storage.postgres import tables
from server.storage.postgres.reader import HOUSE, Reader, of_tenant


class PostgresTemplates(Reader):
    """`Templates` on SQLAlchemy Core."""

    async def add_template(self, template: Template) -> bool:
        row = _row(template) | {
            "id": template.id,
            "operator_id": template.tenant.operator_id,
            "live": template.tenant.live,
            "created_ms": template.created_at_ms,
        }
        fresh = insert(tables.templates).values(row).on_conflict_do_nothing().returning(tables.templates.c.id)
        return bool(await self._rows(template.tenant, fresh))

    async def template(self, tenant: Tenant, template_id: str) -> Template | None:
        want = sa.select(tables.templates.c.document).where(
            *of_tenant(tables.templates, tenant), tables.templates.c.id == template_id
        )
        found = await self._documents(tenant, want, Template)
        return found[0] if found else None

    async def templates(self, tenant: Tenant, limit: int, offset: int) -> tuple[int, list[Template]]:
        order = (tables.templates.c.created_ms.desc(), tables.templates.c.id.desc())
        return await self._paged(
            tenant, tables.templates, of_tenant(tables.templates, tenant), order, Template, (limit, offset)
        )

    async def replace_template(self, template: Template, expected_version: int) -> bool:
        c = tables.templates.c
        change = (
            sa.update(tables.templates)
            .where(
                *of_tenant(tables.templates, template.tenant),
                c.id == template.id,
                c.version == expected_version,
            )
            .values(_row(template))
            .returning(c.id)
        )
        return bool(await self._rows(template.tenant, change))

    async def remove_template(self, tenant: Tenant, template_id: str) -> bool:
        c = tables.templates.c
        gone = (
            sa.delete(tables.templates)
            .where(*of_tenant(tables.templates, tenant), c.id == template_id)
            .returning(c.id)
        )
        return bool(await self._rows(tenant, gone))

    async def due_templates(self, now_ms: int, limit: int) -> Sequence[Template]:
        c = tables.templates.c
        want = sa.select(c.document).where(c.due_ms <= now_ms).order_by(c.due_ms, c.id).limit(limit)
        return await self._documents(HOUSE, want, Template)


def _row(template: Template) -> dict[str, Any]:
    return {"version": template.version, "due_ms": template.due_ms, "document": codec.encode(template)}
