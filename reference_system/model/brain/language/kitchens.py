"""The kitchens of the catalogue, which every language names in its own way."""

from __future__ import annotations

KITCHENS = (
    "Italian",
    "French",
    "German",
    "Dutch",
    "Spanish",
    "British",
    "Swiss",
    "Austrian",
    "Catalan",
    "Portuguese",
    "Danish",
    "Turkish",
    "Bavarian",
    "Venetian",
    "Tuscan",
    "Sicilian",
    "Provencal",
    "Belgian",
    "Irish",
    "Scottish",
    "Norwegian",
    "Swedish",
    "Finnish",
    "Icelandic",
    "Estonian",
    "Latvian",
    "Polish",
    "Czech",
    "Hungarian",
    "Greek",
    "Croatian",
    "Maltese",
    "Andalusian",
    "Balearic",
    "Moroccan",
    "Japanese",
    "Indian",
    "Lebanese",
    "Mexican",
    "Vegetarian",
    "Seafood",
    "Steakhouse",
)


def kitchens(names: str) -> dict[str, str]:
    """Kitchen -> the words for it. One entry a kitchen, in the order of KITCHENS, with commas between variants."""
    entries = names.split("|")
    return {kitchen: entry.replace(",", "|") for kitchen, entry in zip(KITCHENS, entries, strict=True)}


def forms(stems: str, *endings: str) -> str:
    """Every stem of a list with every ending, for languages whose adjectives have many forms."""
    return " | ".join(
        ", ".join(f"{stem.strip()}{ending}" for stem in entry.split(",") for ending in endings)
        for entry in stems.split("|")
    )
