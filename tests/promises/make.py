"""Made the files that must keep loading. A new format gets a folder of its own, and those that are here are never made again.

python tests/promises/make.py tests/promises/format-2
"""

import json
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from migclass.documents import Document
from migclass.engines import score_documents
from migclass.inputs import batch_documents
from migclass.labels import read_labels
from migclass.model import save_model
from migclass.outputs import write_csv, write_jsonl, write_parquet
from migclass.tagging import Tagger
from migclass.training import evaluate_rows, train

CODEBOOK = """title = "Ports and fields"
version = 1

[[frame]]
id = "harbour"
name = "harbour"
coded = "ships, quays and those who load them"
cues = ["quay*", "ship*"]

[[frame]]
id = "harvest"
name = "harvest"
coded = "fields, orchards and those who pick"
not_coded = "a harvest of data"
cues = ["orchard*", "pick*"]

[[tension]]
id = "doors"
question = "Should the doors be open?"

[[tension.pole]]
id = "open_doors"
name = "open"
coded = "more people should be let in"
cues = ["welcome*"]

[[tension.pole]]
id = "shut_doors"
name = "shut"
coded = "fewer people should be let in"
cues = ["refuse*"]

[[rule]]
title = "Read the sentence"
text = "Code what it says, not what it may lead to."
"""
# What sentences are made of: who does what, and which side is taken.
WHO = {
    "harbour": "The dockers; Crews of two ships; The harbour master; Stevedores on the quay; Ferry hands; The tugboat crew",
    "harvest": "Apple pickers; The orchard owners; Seasonal hands; Women who pick berries; The tenant farmers; Crews in the vineyard",
    "": "The committee; A local choir; Two librarians; The mayor's office; Pensioners; The chess club",
}
WHAT = {
    "harbour": "unloaded the ships before dawn; tied up at the quay; asked for lights along the quay; counted the ship's cargo twice",
    "harvest": "picked the orchards clean by noon; sold the harvest at the roadside; pruned the orchard in the rain; picked for wages",
    "": "met on Thursday in the old hall; read the minutes aloud; postponed the vote again; thanked the treasurer warmly",
}
SIDES = [("", ""), ("open_doors", ", and said that newcomers are welcome here"), ("shut_doors", ", and wants newcomers refused at the gate")]
EXPECTED = [
    "The dockers unloaded the ship before dawn.",
    "Pickers were welcome in the orchards of the valley.",
    "Newcomers were refused at the quay in 2015.",
    "",
    "!!!",
    "Überall لاجئون 移民 \u202eunknownwordling 👩\u200d👧",
    "A crossborder ship\u00adment of harvest-time apples, they said, was welcome; the gate stayed shut.",
]


def rows() -> Iterator[dict[str, Any]]:
    """Yield label rows: everyone does everything of their frame, the sides in turn, and every fifth label is wrong."""
    for frame, who in WHO.items():
        for (i, one), (j, what) in product(enumerate(who.split("; ")), enumerate(WHAT[frame].split("; "))):
            side, words = SIDES[(i + j) % len(SIDES)]
            if (i + 3 * j) % 5 == 0:
                # So that probabilities are no mere zeros and ones.
                coded, side = "harvest" * (frame != "harvest"), SIDES[(i + j + 1) % len(SIDES)][0]
            else:
                coded = frame
            row = {"id": f"{frame}-{i}-{j}", "text": f"{one} {what}{words}.", "frames": [coded] * bool(coded), "poles": [side] * bool(side)}
            yield row | {"passage": f"{frame}-{i}", "n": j + 1}


def main() -> None:
    """Write all files into a folder."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True)
    first, second, *others = rows()
    first |= {"coders": {"ana": first["frames"], "ben": []}, "genre": "press", "note": "dawn"}
    second |= {"coded": ["harbour", "harvest"], "poles": []}
    (folder / "codebook.toml").write_text(CODEBOOK, encoding="utf-8")
    (folder / "labels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in (first, second, *others)), encoding="utf-8")
    tagger = Tagger(train([folder / "labels.jsonl"], codebook=folder / "codebook.toml", name="promise", recipe="ngram", jobs=1))
    save_model(tagger.model, folder / "model")
    labelled = read_labels(folder / "labels.jsonl", codebook=tagger.model.codebook)
    result = evaluate_rows(tagger, labelled, {"source": "labels.jsonl", "split": None}).as_dict()
    (folder / "result.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    expected = dict(zip(EXPECTED, tagger.predict_proba(EXPECTED).tolist(), strict=True))
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")
    documents = [Document(f"{i}.txt", " ".join(row.text for row in labelled[i::6]), columns={"year": 2000 + i}) for i in range(3)]
    batches = list(score_documents(tagger, batch_documents(documents)))
    for writer, suffix in ((write_jsonl, "jsonl"), (write_csv, "csv"), (write_parquet, "parquet")):
        with (folder / f"tags.{suffix}").open("wb") as file:
            writer(batches, file)


if __name__ == "__main__":
    main()
