"""The comparison as a table in Markdown and as a plot."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

CONTROL = "halogram again"  # A against A: its interval must include 1


def verdict(row: dict) -> str:
    if row["low"] > 1:
        return "ahead"
    return "behind" if row["high"] < 1 else "even"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.3g}"


def table(record: dict) -> str:
    machine = record["machine"]
    lines = [
        f"{machine['cpu']}, {machine['variant']}; " + ", ".join(f"{k} {v}" for k, v in record["versions"].items()) + ".",
        "",
        "| work | threads | form | halogram, ms | error | peer | peer, ms | its error | peer / halogram | 95 % | |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in record["rows"]:
        lines.append(
            f"| {row['work']} | {row['threads']} | {row['form']} | {milliseconds(row['seconds'])} | {row['error']:.1e} "
            f"| {row['peer']} | {milliseconds(row['peer_seconds'])} | {row['peer_error']:.1e} "
            f"| {row['ratio']:.2f} | {row['low']:.2f} to {row['high']:.2f} | {verdict(row)} |"
        )
    return "\n".join(lines) + "\n"


def plot(record: dict, path: Path) -> None:
    """A point for each peer at its ratio on a logarithmic axis, a line for each work; one thread."""
    threads = min(row["threads"] for row in record["rows"])
    rows = [row for row in record["rows"] if row["threads"] == threads and row["peer"] != CONTROL]
    works = list(dict.fromkeys((row["work"], row["form"]) for row in rows))
    peers = list(dict.fromkeys(row["peer"] for row in rows))
    figure, axes = plt.subplots(figsize=(9, 1.2 + 0.42 * len(works)), layout="constrained")
    markers = "os^Dv<>P*X"
    for number, peer in enumerate(peers):
        own = [row for row in rows if row["peer"] == peer]
        ratio = [row["ratio"] for row in own]
        axes.errorbar(
            ratio,
            [works.index((row["work"], row["form"])) for row in own],
            xerr=[
                [max(0.0, row["ratio"] - row["low"]) for row in own],
                [max(0.0, row["high"] - row["ratio"]) for row in own],
            ],
            fmt=markers[number % len(markers)],
            label=peer,
            markersize=6,
            capsize=2,
            linewidth=1,
        )
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set_yticks(range(len(works)), [f"{work}, {form}" for work, form in works])
    axes.invert_yaxis()
    axes.grid(axis="x", which="both", alpha=0.25)
    axes.set_xlabel(
        f"time of the peer / time of halogram, {threads} thread{'s' if threads > 1 else ''}; "
        "right of the line halogram is faster"
    )
    figure.legend(loc="outside upper center", ncols=4, frameon=False)
    figure.savefig(path, dpi=130)
