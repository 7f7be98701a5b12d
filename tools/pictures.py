"""Pictures of the report for the README: ``python -m tools.pictures runs/north-south/report.html projects docs/pictures/projects.png``.

Needs Chromium and Pillow. One section of the page is shown alone, photographed, cut to its content and reduced to few
colours, so that the file stays small.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image, ImageChops

__all__ = ["picture"]

ALONE = """<style>section:not(#{name}), header, .masthead, h1, .lede, .figures, .notice.run, footer, details, .skip
{{ display: none !important; }} section {{ margin-top: 0 !important; }} .page {{ padding-top: 24px !important; }}</style>"""
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
HEIGHT = 4000
MARGIN = 24
COLOURS = 48


def picture(page: Path, section: str, out: Path, width: int = 1136) -> Path:
    """Photograph one section of a report.

    Parameters
    ----------
    page : pathlib.Path
        The report.
    section : str
        Id of the section.
    out : pathlib.Path
        PNG to write.
    width : int
        Width of the page, pixels.
    """
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("no Chromium on this machine")
    text = page.read_text(encoding="utf-8")
    if f'<section id="{section}"' not in text:
        raise SystemExit(f"{page} has no section {section}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "page.html").write_text(text.replace("</head>", ALONE.format(name=section) + "</head>", 1), "utf-8")
        size = f"--window-size={width},{HEIGHT}"
        shot = f"--screenshot={folder / 'shot.png'}"
        command = [chromium, *FLAGS, f"--user-data-dir={folder / 'profile'}", size, shot, str(folder / "page.html")]
        subprocess.run(command, check=True, capture_output=True)
        image = Image.open(folder / "shot.png").convert("RGB")
        image.load()
    ground = Image.new("RGB", image.size, image.getpixel((0, HEIGHT - 1)))
    box = ImageChops.difference(image, ground).getbbox()
    if box is None:
        raise SystemExit(f"section {section} is empty")
    image = image.crop((0, 0, width, min(box[3] + MARGIN, HEIGHT)))
    out.parent.mkdir(parents=True, exist_ok=True)
    image.quantize(COLOURS).save(out, optimize=True)
    return out


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path)
    parser.add_argument("section")
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    print(picture(asked.page, asked.section, asked.out))


if __name__ == "__main__":
    main()
