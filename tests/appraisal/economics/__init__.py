"""Tests of what a project is worth."""
