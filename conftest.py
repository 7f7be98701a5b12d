"""Examples that need an extra are run only where it is installed."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("trafilatura") else ["src/keruen/exchange/quotes.py"]
