"""Reporting: saved results as a page, a job summary, and files that other tools read. It runs nothing."""
