"""Engines and people for every test."""
