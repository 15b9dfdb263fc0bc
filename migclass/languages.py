"""Is a text English? migclass reads nothing else, and says so rather than tagging what it can't read."""

from functools import lru_cache
from typing import Any

# A look at the commonest words spares loading the language model for what is plainly English.
_COMMON = frozenset("the of and to in a is that for it on with as by be are this from at which or an not was have has were".split())
_ENGLISH_SHARE = 0.2
_SHORTEST = 40
_LOOKED_AT = 3000
_SURE = 0.9

# The languages in which texts on migration most often come; others are named by their code.
_NAMES = {
    "ar": "Arabic", "de": "German", "el": "Greek", "es": "Spanish", "fa": "Persian", "fr": "French", "it": "Italian",
    "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ru": "Russian", "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian",
    "zh": "Chinese", "ja": "Japanese", "da": "Danish", "fi": "Finnish", "hu": "Hungarian", "cs": "Czech", "ro": "Romanian",
}  # fmt: skip


def foreign_language(text: str) -> str | None:
    """Return the likely language of a text that is not English, None for English or too little text to tell.

    >>> foreign_language("Die Grenze bleibt geschlossen, und die Verfahren dauern Jahre.")
    'German (de)'
    >>> foreign_language("The border stays closed, and the procedures take years.") is None
    True
    """
    sample = text[:_LOOKED_AT]
    if sum(map(str.isalpha, sample)) < _SHORTEST:
        return None
    words = sample.lower().split()
    if sum(word in _COMMON for word in words) >= _ENGLISH_SHARE * len(words):
        return None
    language, probability = _identifier().classify(sample)
    if language == "en" or probability < _SURE:
        return None
    return f"{_NAMES[language]} ({language})" if language in _NAMES else f"language '{language}'"


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
