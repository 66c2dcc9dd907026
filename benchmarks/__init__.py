"""What the plugin costs, against a bare counterpart taken in the same run.

One module a group; ``make bench`` runs them.
"""
