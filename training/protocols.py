"""Training and test sites of the three protocols, which are always reported together.

Fit on all sites, repeated grouped k-fold, and leave-one-mission-out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FIT = "fit_on_all"
K_FOLD = "grouped_k_fold"
MISSION = "leave_one_mission_out"
PROTOCOLS = (FIT, K_FOLD, MISSION)


@dataclass(frozen=True)
class Split:
    """One division of the sites under one of `PROTOCOLS`, by row numbers in the site table.

    Repeat and fold are counted from zero; with the protocol they seed the models of the split.
    """

    protocol: str
    repeat: int
    fold: int
    train: tuple[int, ...]
    test: tuple[int, ...]

    @property
    def seed(self) -> tuple[int, int, int]:
        """Numbers that identify this split, to seed its random numbers."""
        return PROTOCOLS.index(self.protocol), self.repeat, self.fold


def repeats(splits: Sequence[Split], protocol: str) -> int:
    """Number of repeats of a protocol among splits."""
    return 1 + max(split.repeat for split in splits if split.protocol == protocol)


def fit_on_all(sites: int) -> list[Split]:
    """Test at the training sites: comparable to the paper's Table 3."""
    everything = tuple(range(sites))
    return [Split(FIT, 0, 0, everything, everything)]


def grouped_k_fold(groups: Sequence[str], folds: int, repeats: int, seed: int) -> list[Split]:
    """Repeated k-fold in which the rows of a group stay together; groups has that of each row.

    Each repeat shuffles the groups, by ``numpy.random.default_rng([seed, repeat])``, and holds
    each out exactly once. Raises ValueError for fewer groups than folds or a single fold.
    """
    names = sorted(set(groups))
    if not 1 < folds <= len(names):
        raise ValueError(f"{folds} folds of {len(names)} groups: need 2 to {len(names)}")
    splits = []
    for repeat in range(repeats):
        order = np.random.default_rng([seed, repeat]).permutation(len(names))
        for fold, members in enumerate(np.array_split(order, folds)):
            held_out = {names[i] for i in members}
            splits.append(_split(K_FOLD, repeat, fold, groups, held_out))
    return splits


def leave_one_mission_out(missions: Sequence[str], repeats: int) -> list[Split]:
    """Hold out all sites of one mission at a time; repeats differ in starting weights only."""
    names = sorted(set(missions))
    return [
        _split(MISSION, repeat, fold, missions, {name})
        for repeat in range(repeats)
        for fold, name in enumerate(names)
    ]


def _split(
    protocol: str, repeat: int, fold: int, groups: Sequence[str], held_out: set[str]
) -> Split:
    train = tuple(row for row, group in enumerate(groups) if group not in held_out)
    test = tuple(row for row, group in enumerate(groups) if group in held_out)
    return Split(protocol, repeat, fold, train, test)
