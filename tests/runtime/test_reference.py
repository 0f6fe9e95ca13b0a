"""The reference and the table of rights are written from the verbs."""

from __future__ import annotations

from cxloop.core.verbs import Registry
from cxloop.runtime import parts
from cxloop.runtime.reference import reference_markdown, rights_table


def test_the_reference_of_a_verb_has_each_face(verbs: Registry) -> None:
    text = reference_markdown(verbs)

    assert "### collect.take\n\nTake a file in.\n" in text
    assert "* Python: `ws.collect.take(file)`" in text
    assert "* Command line: `cxloop collect take FILE`" in text
    assert "* HTTP: `POST /api/collect/take`" in text
    assert "* Command line: `cxloop act break-down`" in text
    assert "* HTTP: `GET /api/measure/size`" in text
    assert "| `by` | `--by` | tuple[str, ...] | `()` |  |" in text
    assert "It shows data of single persons." in text


def test_the_table_of_rights_says_who_may(verbs: Registry) -> None:
    lines = rights_table(verbs).splitlines()

    assert "| verb | right | single persons | owner | analyst | agent | viewer | with limits |" in lines
    assert "| `collect.take` | write |  | yes | yes |  |  | refused |" in lines
    assert "| `unify.whereabouts` | read | yes | yes | yes | yes |  | their rows |" in lines
    assert "| `measure.size` | read |  | yes | yes | yes | yes | their rows |" in lines


def test_every_verb_and_parameter_of_the_product_is_explained() -> None:
    for verb in parts.load():
        assert verb.about.endswith("."), f"{verb.path}: its first sentence"
        missing = [item.name for item in verb.parameters if not item.about]
        assert not missing, f"{verb.path}: no help for {missing}"
