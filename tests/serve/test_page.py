from html.parser import HTMLParser
from typing import Any

from automtl.deploy.schema import Schema
from automtl.serve.page import page, policy


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, Any]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def fields(self) -> dict[str, str]:
        return {a["name"]: a["data-kind"] for _, a in self.found if "data-kind" in a}


def test_a_field_for_each_input(schema: Schema) -> None:
    tags = Tags(page("m", schema))
    assert tags.fields() == {i.name: i.kind.value for i in schema.inputs}
    assert [a["value"] for t, a in tags.found if t == "option"] == [
        "", "true", "false", "", 'a"', "</option><script>"
    ]  # fmt: skip
    placeholders = [a["placeholder"] for t, a in tags.found if "placeholder" in a]
    assert "-1 to 2.5 in training" in placeholders


def test_names_are_text(schema: Schema) -> None:
    tags = [tag for tag, _ in Tags(page("<script>alert(1)</script>", schema)).found]
    assert tags.count("script") == 1
    assert "b" not in tags


def test_nothing_comes_from_afar(schema: Schema) -> None:
    text = page("m", schema)
    assert "http" not in text
    assert "src=" not in text
    assert "default-src 'none'" in policy()
