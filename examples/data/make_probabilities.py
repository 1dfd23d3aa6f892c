#!/usr/bin/env python3
"""Makes digit_probabilities.csv: what a classifier says of 128 handwritten digits.

Logistic regression is fitted on half of scikit-learn's digits 0 to 4 (901 images of 8 x 8 pixels) and asked about the
first 128 of the other half. Each row holds the five predicted class probabilities, as the shortest decimal text that
reads back as the same float, and the right class.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install -r requirements.txt
    /tmp/venv/bin/python make_probabilities.py > digit_probabilities.csv
"""

import numpy as np
import sklearn
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

CLASSES = 5
POINTS = 128


def main():
    images, digits = load_digits(n_class=CLASSES, return_X_y=True)
    train_images, test_images, train_digits, test_digits = train_test_split(
        images, digits, test_size=0.5, random_state=0, stratify=digits
    )
    # Strong regularization, so that the probabilities are not all 0 or 1.
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.002, max_iter=1000))
    classifier.fit(train_images, train_digits)
    probabilities = classifier.predict_proba(test_images[:POINTS]).astype(np.float32)
    labels = test_digits[:POINTS]
    right = np.mean(probabilities.argmax(axis=1) == labels)

    print(f"# Predicted probabilities of the digits 0 to {CLASSES - 1} for {POINTS} images, and the right digit.")
    print(f"# Made by make_probabilities.py with scikit-learn {sklearn.__version__}; {right:.1%} of the largest are right.")
    print("# " + ",".join(f"p{k}" for k in range(CLASSES)) + ",label")
    for row, label in zip(probabilities, labels):
        print(",".join(str(value) for value in row) + f",{label}")


if __name__ == "__main__":
    main()
