"""``python -m keruen``."""

from keruen.cli import app

if __name__ == "__main__":
    app()
