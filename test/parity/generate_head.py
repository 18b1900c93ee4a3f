"""Writes goldens/head-solver.json: a logistic regression by scikit-learn, to a far tighter tolerance than the head solver's.

scikit-learn penalizes plain squares, so its rows are whitened by the shrunk covariance within classes, and its coefficients are turned back.

python test/parity/generate_head.py
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression

IMAGES, VIEWS, WIDTH, CLASSES, L2, SHRINKAGE = 30, 2, 5, 3, 0.1, 0.8

rng = np.random.default_rng(0)
labels = np.arange(IMAGES) % CLASSES
centers = rng.normal(size=(CLASSES, WIDTH))
scales = np.array([0.3, 1, 3, 2, 0.5])
views = [
    np.round((centers[labels] + 1.5 * rng.normal(size=(IMAGES, WIDTH))) * scales + 2 * scales, 4)
    for _ in range(VIEWS)
]
weights = np.array([1.0, 2.0, 0.5])[labels]

# Features are float32 on disk and on the device.
rows = np.concatenate(views).astype(np.float32).astype(np.float64)
row_labels, row_weights = np.tile(labels, VIEWS), np.tile(weights, VIEWS)
x = rows - rows.mean(0)
x /= np.sqrt((x**2).mean())
means = np.array([x[row_labels == k].mean(0) for k in range(CLASSES)])
deviations = (x - means[row_labels]) * np.sqrt(row_weights)[:, None]
covariance = deviations.T @ deviations
covariance *= (1 - SHRINKAGE) * WIDTH / np.trace(covariance)
covariance += SHRINKAGE * np.eye(WIDTH)
whitening = np.linalg.inv(np.linalg.cholesky(covariance))
x = x @ whitening.T
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
    'coefficients': (model.coef_ @ whitening).tolist(),
    'intercepts': model.intercept_.tolist(),
}
path = Path(__file__).parent / 'goldens' / 'head-solver.json'
path.write_text(json.dumps(golden) + '\n')
