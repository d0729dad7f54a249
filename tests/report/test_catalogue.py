from dataclasses import fields

from automtl.plugins import Plugins, options
from automtl.report.catalogue import catalogue


def test_every_plugin_is_listed_once_with_its_options_and_citation(plugins: Plugins) -> None:
    lines = catalogue(plugins)
    expected = 0
    for registry in fields(Plugins):
        if registry.name == "hook":
            continue
        start = lines.index(registry.name.replace("_", " "))
        section = lines[start + 1 : start + 1 + len(getattr(plugins, registry.name))]
        for line, (name, plugin) in zip(
            section, getattr(plugins, registry.name).items(), strict=True
        ):
            assert line.split()[0] == name
            assert line.endswith(plugin.citation)
            for option, parameter in options(plugin).items():
                assert f"{option}={parameter.default}" in line or registry.name == "task_kinds"
            assert all(kind in line for kind in getattr(plugin, "kinds", ()))
            expected += 1
    assert len([line for line in lines if line.startswith("  ")]) == expected


def test_the_descriptions_align_and_are_sentences(plugins: Plugins) -> None:
    rows = [line[2:] for line in catalogue(plugins) if line.startswith("  ")]
    starts = {len(row) - len(row[row.index("  ") :].lstrip()) for row in rows}
    assert len(starts) == 1
    (start,) = starts
    assert all(row[start].isupper() and "." in row[start:] for row in rows)


def test_the_kinds_stand_apart(plugins: Plugins) -> None:
    lines = catalogue(plugins)
    assert lines[0] == "primitives"
    heads = [at for at, line in enumerate(lines) if line and not line.startswith(" ")]
    assert all(lines[at - 1] == "" for at in heads[1:])
    assert lines.count("") == len(heads) - 1


def test_kinds_show_what_a_configuration_may_tell_them(plugins: Plugins) -> None:
    lines = {line.split()[0]: line for line in catalogue(plugins) if line.startswith("  ")}
    assert "[objective=macro_f1, rule=balanced]" in lines["multilabel"]
    assert "[class_weights=None, levels=()]" in lines["ordinal"]
    assert "For regression" in lines["huber"]
