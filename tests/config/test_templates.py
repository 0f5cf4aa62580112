import pytest
from django.template import loader

from config.local.home import ROOT

TEMPLATES = ROOT / "templates"


def names() -> list[str]:
    return sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize("name", names())
def test_a_template_compiles_with_all_that_it_extends_loads_and_names(name):
    loader.get_template(name)


def test_templates_were_found():
    assert "base.html" in names()
