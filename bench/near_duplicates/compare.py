"""Recall of imagehash's phash on Picasso's labelled near-duplicates, at a precision of 99.9 %. How to run it: README.md."""

import collections
import pathlib
import sys

import imagehash
import numpy
from PIL import Image

PRECISION = 0.999

hashes = collections.defaultdict(dict)
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    number, kind = path.stem.split("_", 1)
    hashes[int(number)][kind] = imagehash.phash(Image.open(path), hash_size=16).hash.flatten()

kinds = [kind for kind in hashes[0] if kind != "base"]
bases = numpy.array([hashes[number]["base"] for number in sorted(hashes)])
right, wrong = {}, []
for kind in ["base", *kinds]:
    copies = numpy.array([hashes[number][kind] for number in sorted(hashes)])
    distances = (copies[:, None, :] != bases[None, :, :]).sum(axis=2)
    if kind != "base":
        right[kind] = distances.diagonal()
    wrong.append(distances[~numpy.eye(len(bases), dtype=bool)])
wrong = numpy.concatenate(wrong)
every = numpy.concatenate(list(right.values()))


def precision(threshold):
    found = (every <= threshold).sum()
    return found / max(1, found + (wrong <= threshold).sum())


best = max(threshold for threshold in range(128) if precision(threshold) >= PRECISION)
for threshold in sorted({26, 40, best}):
    print(f"threshold {threshold}: precision {precision(threshold):.4%}, recall {(every <= threshold).mean():.1%}")
    print("  " + ", ".join(f"{kind} {(right[kind] <= threshold).mean():.1%}" for kind in kinds))
