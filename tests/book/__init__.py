"""Tests of the book: its sources, its interactive parts, its values and its built pages."""
