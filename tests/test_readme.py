"""What the README shows works as shown."""

import inspect
import re
from pathlib import Path

import keruen as kr
from keruen.cli import app

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_of_the_readme_runs(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    planned = []

    def plan(*args, **named):
        planned.append(inspect.signature(original).bind(*args, **named))

    original = kr.plan
    monkeypatch.setattr(kr, "plan", plan)  # a whole plan is run by the tests of the command
    for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        exec(block, {})
    assert planned
    dearer = re.search(r"^\+(\d+\.\d) USD/t$", capsys.readouterr().out, re.MULTILINE)
    assert dearer, "closing a crossing changed nothing"
    assert float(dearer[1]) > 0


def test_the_commands_of_the_readme_exist():
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    commands |= {group.name for group in app.registered_groups}
    shown = set(re.findall(r"`keruen ([a-z]+)", README))
    assert shown
    assert shown <= commands


def test_the_files_the_readme_links_to_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
