"""What holds for the house as a whole."""

import subprocess
import sys
from pathlib import Path

import pytest

import keruen as kr
from keruen.study import schema_markdown

ROOT = Path(__file__).resolve().parent.parent


def test_the_public_names_are_sorted_and_there():
    assert list(kr.__all__) == sorted(kr.__all__)
    assert all(hasattr(kr, name) for name in kr.__all__)


def test_public_names_have_docstrings():
    undocumented = [name for name in kr.__all__ if name != "__version__" and not getattr(kr, name).__doc__]
    assert not undocumented


def test_the_page_of_tables_is_the_schema():
    page = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    assert page == schema_markdown() + "\n", "run make docs"


def test_every_error_is_in_the_tree_of_the_docstring():
    import keruen.errors as errors

    names = [name for name in errors.__all__ if name.endswith("Error")]
    assert all(name in (errors.__doc__ or "") for name in names)
    assert all(issubclass(getattr(errors, name), errors.KeruenError) for name in names)


def test_importing_keruen_prints_nothing_and_draws_nothing():
    code = "import keruen, sys; assert 'matplotlib' not in sys.modules"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", ["constraints.txt", "pyproject.toml", "Makefile", ".ci/run"])
def test_no_registry_is_named(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not any(word in text for word in ("pypi" + ".org", "python" + "hosted", "index" + "-url", "npm" + "js"))
