#!/usr/bin/env python3
"""Trains a network on handwritten digits with a loss on a Gram matrix, and draws what it learned.

The loss is kernel alignment: the Gram matrix of the network's outputs, under any kernel of one line, shall look like the
matrix that is 1 for two images of the same digit and 0 else. The kernel's own parameter is trained too.

    python train_digits.py                                   # the L1 kernel of the first question, 2 outputs to draw
    python train_digits.py --kernel "exp(-gamma * sqdist(x, y))" --steps 600 --output digits.png

Needs halogram, torch, scikit-learn and matplotlib.
"""

import argparse
import pathlib

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

import halogram as hg

BATCH = 128


def alignment(k, labels):
    """The cosine between the centred Gram matrix and that of the labels, 1 where they agree."""
    target = (labels[:, None] == labels[None, :]).to(k.dtype)
    k = k - k.mean(0) - k.mean(1, keepdim=True) + k.mean()
    target = target - target.mean(0) - target.mean(1, keepdim=True) + target.mean()
    return (k * target).sum() / (k.norm() * target.norm())


def draw(path, history, points, labels, k, score):
    figure, (curve, plane, matrix) = plt.subplots(1, 3, figsize=(13, 4), constrained_layout=True)
    curve.plot(history, color="0.2", linewidth=0.8)
    curve.set(xlabel="step", ylabel="alignment of a batch", ylim=(0, 1), title="training")
    plane.scatter(*points.T, c=labels, cmap="tab10", s=8)
    plane.set(xticks=[], yticks=[], title=f"outputs for test images (SVM on them: {score:.1%} right)")
    for digit in range(10):
        plane.annotate(str(digit), points[labels == digit].median(0).values.tolist(), weight="bold", ha="center")
    shown = matrix.imshow(k, cmap="magma", vmin=0, vmax=1)
    matrix.set(xticks=[], yticks=[], title="Gram matrix of test images, by digit")
    figure.colorbar(shown, ax=matrix, shrink=0.8)
    figure.savefig(path, dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", default="exp(-gamma * l1(x, y))", help="a formula with the parameter gamma")
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("digits.png"))
    arguments = parser.parse_args()
    torch.manual_seed(0)

    images, labels = load_digits(return_X_y=True)
    images, labels = torch.from_numpy(images).float() / 16, torch.from_numpy(labels)
    train, test, train_labels, test_labels = train_test_split(images, labels, test_size=0.5, random_state=0)
    network = torch.nn.Sequential(
        torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 2)
    )
    log_gamma = torch.nn.Parameter(torch.tensor(0.0))
    optimizer = torch.optim.Adam([*network.parameters(), log_gamma], lr=3e-3)

    history = []
    for step in range(arguments.steps):
        batch = torch.randint(len(train), (BATCH,))
        k = hg.gram(arguments.kernel, network(train[batch]), gamma=log_gamma.exp())
        loss = 1 - alignment(k, train_labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(1 - loss.item())
        if step % 100 == 99 or step + 1 == arguments.steps:
            print(f"step {step + 1}: alignment {history[-1]:.3f}, gamma {log_gamma.exp().item():.3f}")

    # The trained kernel in a support vector machine.
    with torch.no_grad():
        outputs, test_outputs, gamma = network(train), network(test), log_gamma.exp().item()
    machine = SVC(kernel=hg.sklearn_kernel(arguments.kernel, gamma=gamma)).fit(outputs, train_labels)
    score = machine.score(test_outputs, test_labels)
    print(f"support vector machine on the test images: {score:.1%} right")
    order = test_labels.argsort()
    k = hg.gram(arguments.kernel, test_outputs[order], gamma=gamma)
    draw(arguments.output, history, test_outputs, test_labels, k, score)
    print(f"plot: {arguments.output}")


if __name__ == "__main__":
    main()
