"""Reads whose value only a person sees."""
