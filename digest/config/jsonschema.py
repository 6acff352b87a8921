"""The JSON Schema of `digest.yaml`, by which text editors complete and check it."""

from __future__ import annotations

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from digest.config.schema import SettingsFile


class _Plain(GenerateJsonSchema):
    """A schema for people: no titles made from names, no "or null"."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 theirs
        """Leave out titles that only repeat the key."""
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Describe only the value; what may be absent need not be null."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Leave out defaults that only say "not given"."""
        described = super().default_schema(schema)
        if described.get("default") in (None, "", [], {}):
            described.pop("default", None)
        return described


def settings_schema() -> dict[str, object]:
    """Return the JSON Schema of `digest.yaml`, for completion in text editors."""
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "digest.yaml",
        **SettingsFile.model_json_schema(schema_generator=_Plain),
    }
