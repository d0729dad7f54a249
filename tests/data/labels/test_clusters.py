import numpy as np
from pytest import mark

from automtl.data.labels.clusters import label_clusters


def _blocks(n_blocks: int, size: int, seed: int) -> np.ndarray:
    """Labels of blocks, each of which copies a hidden label with some noise; shuffled by turns."""
    rng = np.random.default_rng(seed)
    hidden = rng.random((600, n_blocks)) < 0.3
    noise = rng.random((600, n_blocks * size)) < 0.1
    return (np.tile(hidden, size) ^ noise).astype(float)  # column i copies i % n_blocks


@mark.parametrize("missing", [0.0, 0.4])
def test_finds_blocks_of_labels(missing: float) -> None:
    labels = _blocks(4, 10, seed=0)
    labels[np.random.default_rng(1).random(labels.shape) < missing] = np.nan
    assert label_clusters(labels, 4) == [list(range(i, 40, 4)) for i in range(4)]


@mark.parametrize(("n_labels", "k"), [(31, 8), (53, 8), (40, 2), (33, 1), (5, 8)])
def test_clusters_are_a_balanced_partition(n_labels: int, k: int) -> None:
    rng = np.random.default_rng(0)
    labels = (rng.random((200, n_labels)) < rng.random(n_labels) / 5).astype(float)
    labels[:, 0] = 0  # a label without positives
    labels[:, 1] = np.nan
    clusters = label_clusters(labels, k)
    assert sorted(label for cluster in clusters for label in cluster) == list(range(n_labels))
    assert len(clusters) == min(n_labels, k)
    assert max(map(len, clusters)) <= -(-2 * n_labels // (k + 1))
    assert clusters == label_clusters(labels, k)
