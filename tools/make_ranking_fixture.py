#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/ranking/scikit_learn.npz: random rankings and what scikit-learn says of them.

    pip install scikit-learn && tools/make_ranking_fixture.py

Ties, all-equal scores, one kind only and a single pixel among them. Made with scikit-learn 1.9.1.
"""
import pathlib
import warnings

import numpy as np
from sklearn import metrics

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests/data/ranking/scikit_learn.npz"


def figures(positive, scores):
    """AP, trapezoid area, AUROC, FPR at TPR >= .95, F1*, its threshold; NaN where undefined."""
    average = metrics.average_precision_score(positive, scores)
    if not positive.any():
        return [average, np.nan, np.nan, np.nan, 0.0, np.nan]
    precision, recall, thresholds = metrics.precision_recall_curve(positive, scores)
    trapezoid = metrics.auc(recall, precision)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-300)
    best = f1.max()
    # Rounded differently, equal fractions differ in their last bit: the highest threshold counts.
    threshold = thresholds[np.flatnonzero(f1[:-1] > best - 1e-12)[-1]]
    if positive.all():
        return [average, trapezoid, np.nan, np.nan, best, threshold]
    fpr, tpr, _ = metrics.roc_curve(positive, scores, drop_intermediate=False)
    at_95 = fpr[np.searchsorted(tpr, 0.95)]
    return [average, trapezoid, metrics.roc_auc_score(positive, scores), at_95, best, threshold]


def cases(random):
    for _ in range(300):
        pixels = int(random.integers(1, 120))
        levels = int(random.integers(1, 30))
        scores = random.integers(0, levels, pixels) / 8 - 1
        yield scores, random.random(pixels) < random.random()
    for _ in range(20):
        scores = random.normal(size=200) * 10.0 ** random.integers(-30, 30)
        yield scores, random.random(200) < 0.2
    yield np.array([0.5]), np.array([True])
    yield np.array([0.5]), np.array([False])
    yield np.full(50, 0.25), np.arange(50) < 10
    yield np.arange(9.0), np.zeros(9, bool)
    yield np.arange(9.0), np.ones(9, bool)


def main():
    warnings.simplefilter("ignore")
    random = np.random.default_rng(11)
    scores, positive, lengths, expected = [], [], [], []
    for one, marks in cases(random):
        scores.append(one)
        positive.append(marks)
        lengths.append(len(one))
        expected.append(figures(marks, one))
    np.savez_compressed(OUT, scores=np.concatenate(scores), positive=np.concatenate(positive),
                        lengths=np.array(lengths), expected=np.array(expected))


if __name__ == "__main__":
    main()
