"""Templates in memory: the twin of `templates.PostgresTemplates`."""

from collections.abc import Sequence

from server.domain.ids import Tenant
from server.ports import Template


class MemoryTemplates:
    """`Templates` over a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self._templates: dict[str, Template] = {}

    async def add_template(self, template: Template) -> bool:
        fresh = template.id not in self._templates
        self._templates.setdefault(template.id, template)
        return fresh

    async def template(self, tenant: Tenant, template_id: str) -> Template | None:
        found = self._templates.get(template_id)
        return found if found is not None and found.tenant == tenant else None

    async def templates(self, tenant: Tenant, limit: int, offset: int) -> tuple[int, list[Template]]:
        of_tenant = [template for template in self._templates.values() if template.tenant == tenant]
        of_tenant.sort(key=lambda template: (template.created_at_ms, template.id), reverse=True)
        return len(of_tenant), of_tenant[offset : offset + limit]

    async def replace_template(self, template: Template, expected_version: int) -> bool:
        found = await self.template(template.tenant, template.id)
        if found is None or found.version != expected_version:
            return False
        self._templates[template.id] = template
        return True

    async def remove_template(self, tenant: Tenant, template_id: str) -> bool:
        if await self.template(tenant, template_id) is None:
            return False
        del self._templates[template_id]
        return True

    async def due_templates(self, now_ms: int, limit: int) -> Sequence[Template]:
        due = [(one.due_ms, one.id, one) for one in self._templates.values() if one.due_ms is not None]
        return [one for due_ms, _, one in sorted(due, key=lambda row: row[:2]) if due_ms <= now_ms][:limit]
