import pytest

from migclass.languages import foreign_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Les frontières restent fermées, et les demandes d'asile attendent des années avant une décision.", "French (fr)"),
        ("La frontera sigue cerrada y los trámites de asilo tardan años en resolverse, dicen las organizaciones.", "Spanish (es)"),
        ("Граница остаётся закрытой, а рассмотрение заявлений занимает годы.", "Russian (ru)"),
        ("The border stays closed, and claims for asylum wait for years before anyone decides on them.", None),
        ("Border closed", None),
        ("", None),
        ("1999 2000 2001 2002 " * 20, None),
    ],
)
def test_languages(text, language):
    assert foreign_language(text) == language
