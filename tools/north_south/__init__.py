"""Build the reference study ``examples/north-south`` from raw open data."""
