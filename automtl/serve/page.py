"""A page to try a model by hand: a form made from its schema."""

import base64
import hashlib
from html import escape

from automtl.data.table import ColumnKind
from automtl.deploy.schema import Input, Schema

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem;
  color: #1a1a1a; background: #fff }
label { display: block; margin: .6rem 0 }
input, select, textarea { display: block; width: 100%; box-sizing: border-box; font: inherit;
  padding: .3rem; border: 1px solid #767676; border-radius: 4px }
button { font: inherit; padding: .4rem 1.2rem; margin: .6rem 0 }
pre { background: #f2f2f2; padding: 1rem; overflow-x: auto }
"""
_SCRIPT = """
const form = document.querySelector("form"), shown = document.querySelector("pre");
const read = { numeric: Number, boolean: (text) => text === "true" };
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const row = {};
  for (const field of form.querySelectorAll("[data-kind]")) {
    const convert = read[field.dataset.kind] ?? String;
    row[field.name] = field.value === "" ? null : convert(field.value);
  }
  const headers = { "Content-Type": "application/json" };
  try {
    const request = { method: "POST", headers, body: JSON.stringify(row) };
    shown.textContent = JSON.stringify(await (await fetch("/predict", request)).json(), null, 2);
  } catch (error) {
    shown.textContent = `No answer: ${error.message}`;
  }
});
"""


def page(title: str, schema: Schema) -> str:
    """HTML that stands alone. Names and categories are text in it, whatever they look like."""
    fields = "\n".join(map(_field, schema.inputs))
    tasks = ", ".join(escape(output.task) for output in schema.outputs)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
<p>Predicts {tasks}. Leave a field empty where the value is unknown.</p>
<form>
{fields}
<button>Predict</button>
</form>
<pre aria-live="polite">The prediction will be here.</pre>
<script>{_SCRIPT}</script>
</body>
</html>
"""


def policy() -> str:
    """The Content-Security-Policy of the page: its own script and style, and nothing from afar."""
    script, style = (
        base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        for part in (_SCRIPT, _STYLE)
    )
    return (
        f"default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _field(column: Input) -> str:
    name = escape(column.name)
    attributes = f'name="{name}" data-kind="{column.kind.value}"'
    if column.kind == ColumnKind.CATEGORICAL:
        control = _choice(attributes, [category for category in column.categories if category])
    elif column.kind == ColumnKind.BOOLEAN:
        control = _choice(attributes, ["true", "false"])
    elif column.kind == ColumnKind.TEXT:
        control = f'<textarea {attributes} rows="3"></textarea>'
    elif column.kind == ColumnKind.DATETIME:
        control = f'<input {attributes} placeholder="2024-02-29T12:30:00">'
    else:
        control = f'<input {attributes} type="number" step="any"{_hint(column)}>'
    return f"<label>{name}{control}</label>"


def _choice(attributes: str, values: list[str]) -> str:
    options = "".join(
        f'<option value="{escape(value)}">{escape(value)}</option>' for value in values
    )
    return f'<select {attributes}><option value=""></option>{options}</select>'


def _hint(column: Input) -> str:
    if column.range is None:
        return ""
    low, high = column.range
    return f' placeholder="{low:g} to {high:g} in training"'
