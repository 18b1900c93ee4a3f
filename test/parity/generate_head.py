"""Writes goldens/head-solver.json: a logistic regression by scikit-learn, to a far tighter tolerance than the head solver's.

python test/parity/generate_head.py
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

IMAGES, VIEWS, WIDTH, CLASSES, L2 = 30, 2, 5, 3, 0.1

rng = np.random.default_rng(0)
labels = np.arange(IMAGES) % CLASSES
centers = rng.normal(size=(CLASSES, WIDTH))
scales = np.array([0.3, 1, 3, 20, 0.5])
views = [
    np.round((centers[labels] + 1.5 * rng.normal(size=(IMAGES, WIDTH))) * scales + 2 * scales, 4)
    for _ in range(VIEWS)
]
weights = np.array([1.0, 2.0, 0.5])[labels]

# Features are float32 on disk and on the device.
rows = np.concatenate(views).astype(np.float32).astype(np.float64)
row_labels, row_weights = np.tile(labels, VIEWS), np.tile(weights, VIEWS)
scaler = StandardScaler().fit(rows)
x = scaler.transform(rows)
# scikit-learn minimizes C * sum of losses + squares / 2, and the solver mean of losses + l2 / 2 * squares.
model = LogisticRegression(C=1 / (L2 * row_weights.sum()), tol=1e-10, max_iter=10_000)
model.fit(x, row_labels, sample_weight=row_weights)
log_probabilities = model.predict_log_proba(x)[np.arange(len(x)), row_labels]
loss = -(row_weights * log_probabilities).sum() / row_weights.sum()

golden = {
    'scikit-learn': sklearn.__version__,
    'l2': L2,
    'classes': CLASSES,
    'labels': labels.tolist(),
    'weights': weights.tolist(),
    'views': [view.tolist() for view in views],
    'objective': loss + L2 / 2 * (model.coef_**2).sum(),
    'coefficients': model.coef_.tolist(),
    'intercepts': model.intercept_.tolist(),
}
path = Path(__file__).parent / 'goldens' / 'head-solver.json'
path.write_text(json.dumps(golden) + '\n')
